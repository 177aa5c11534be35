package plugin

import (
	"unicode/utf8"

	"github.com/driplet/driplet/core"
)

// jsonFind walks path (ABI.md, 4: json_get) and returns the value's own bytes,
// in one pass over src: a deep path into deep JSON costs no more than a short one.
// guest, which may be nil, is looked at on the way.
func jsonFind(guest *instance, src []byte, path string) ([]byte, error) {
	f := finder{JSONScanner: core.JSONScanner{Src: src}, guest: guest}
	f.Space()
	value, err := f.find(path, 0)
	switch {
	case err != nil || !utf8.Valid(value):
		return nil, ErrnoBadArgument
	case value == nil:
		return nil, ErrnoNotFound
	}
	return value, nil
}

// finder looks for values while it scans.
type finder struct {
	core.JSONScanner
	guest *instance
	items int // members and elements so far
}

// manyItems is how many are scanned between two looks at the clock: some 50 us.
const manyItems = 1024

func (f *finder) item() {
	if f.items++; f.items%manyItems == 0 && f.guest != nil {
		f.guest.look()
	}
}

// find scans one value and returns what stands at path in it, nil if there is
// nothing.
func (f *finder) find(path string, depth int) ([]byte, error) {
	if path != "" && depth < core.MaxJSONDepth {
		switch f.Next() {
		case '{':
			f.Pos++
			return f.member(path, depth+1)
		case '[':
			f.Pos++
			return f.element(path, depth+1)
		}
	}
	value, err := f.Value(depth)
	if path != "" {
		value = nil
	}
	return value, err
}

// member looks into the value of the longest key that path begins with, the
// last of equal ones. The opening brace is behind it.
func (f *finder) member(path string, depth int) (value []byte, err error) {
	best := 1
	for first := true; ; first = false {
		key, more, err := f.Member(first)
		if err != nil || !more {
			return value, err
		}
		f.item()
		if n := fits(key, path); n >= best {
			best = n
			value, err = f.find(cutSegment(path, n), depth)
		} else {
			_, err = f.Value(depth)
		}
		if err != nil {
			return nil, err
		}
	}
}

// element looks into the value at the index that path begins with. The opening
// bracket is behind it.
func (f *finder) element(path string, depth int) (value []byte, err error) {
	n, index := 0, 0
	for n < len(path) && path[n] >= '0' && path[n] <= '9' && index < 1<<24 {
		index = index*10 + int(path[n]-'0')
		n++
	}
	if n == 0 || n > 1 && path[0] == '0' || n < len(path) && path[n] != '.' {
		index = -1
	}
	for i := 0; ; i++ {
		more, err := f.Item(i == 0)
		if err != nil || !more {
			return value, err
		}
		f.item()
		if i == index {
			value, err = f.find(cutSegment(path, n), depth)
		} else {
			_, err = f.Value(depth)
		}
		if err != nil {
			return nil, err
		}
	}
}

// fits tells how many bytes of path the key (as it stands in the source) takes
// up; -1 is none.
func fits(key []byte, path string) int {
	key = core.UnquoteJSON(key)
	n := len(key)
	if n == 0 || n > len(path) || string(key) != path[:n] || n < len(path) && path[n] != '.' {
		return -1
	}
	return n
}

// cutSegment is what follows the first n bytes of path and their dot.
func cutSegment(path string, n int) string {
	if n == len(path) {
		return ""
	}
	return path[n+1:]
}

// appendTyped writes a JSON value as json_get returns it: a byte for its type,
// then the value.
func appendTyped(dst, value []byte) []byte {
	switch c := jsonType(value[0]); c {
	case 't', 'f', 'z':
		return append(dst, c)
	case 's':
		return core.AppendUnquoted(append(dst, c), value[1:len(value)-1])
	default:
		return append(append(dst, c), value...)
	}
}

// jsonType is the byte that json_get has for a value which begins with first.
func jsonType(first byte) byte {
	switch first {
	case '{':
		return 'o'
	case '[':
		return 'a'
	case 't', 'f':
		return first
	case 'n':
		return 'z'
	case '"':
		return 's'
	}
	return 'n'
}
