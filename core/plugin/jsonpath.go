package plugin

import (
	"unicode/utf8"

	"github.com/driplet/driplet/core"
)

// jsonFind walks path (ABI.md, 4: json_get) and returns the value's own bytes.
// Only what lies before and in the value is checked.
func jsonFind(src []byte, path string) ([]byte, error) {
	s := core.JSONScanner{Src: src}
	for range core.MaxJSONDepth + 1 {
		s.Space()
		if path == "" {
			value, err := s.Value(0)
			if err != nil || !utf8.Valid(value) {
				return nil, ErrnoBadArgument
			}
			return value, nil
		}
		var err error
		switch s.Next() {
		case '{':
			s.Pos++
			path, err = member(&s, path)
		case '[':
			s.Pos++
			path, err = element(&s, path)
		default:
			if err = ErrnoNotFound; !skip(&s) {
				err = ErrnoBadArgument
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, ErrnoBadArgument
}

func skip(s *core.JSONScanner) bool {
	_, err := s.Value(1)
	return err == nil
}

// member goes to the value of the longest key that path begins with, the last
// of equal ones, and returns the path's rest. The opening brace is behind it.
func member(s *core.JSONScanner, path string) (rest string, err error) {
	best, found := -1, 0
	for first := true; ; first = false {
		key, more, err := s.Member(first)
		if err != nil {
			return "", ErrnoBadArgument
		}
		if !more {
			break
		}
		if n := fits(key, path); n >= 0 && n >= best {
			best, found = n, s.Pos
		}
		if !skip(s) {
			return "", ErrnoBadArgument
		}
	}
	if best < 0 {
		return "", ErrnoNotFound
	}
	s.Pos = found
	return cutSegment(path, best), nil
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

// element goes to the value at the index that path begins with. The opening
// bracket is behind it.
func element(s *core.JSONScanner, path string) (rest string, err error) {
	n, index := 0, 0
	for n < len(path) && path[n] >= '0' && path[n] <= '9' && index < 1<<24 {
		index = index*10 + int(path[n]-'0')
		n++
	}
	if n == 0 || n > 1 && path[0] == '0' || n < len(path) && path[n] != '.' {
		return "", ErrnoNotFound
	}
	for i := 0; ; i++ {
		more, err := s.Item(i == 0)
		switch {
		case err != nil:
			return "", ErrnoBadArgument
		case !more:
			return "", ErrnoNotFound
		case i == index:
			return cutSegment(path, n), nil
		case !skip(s):
			return "", ErrnoBadArgument
		}
	}
}

// appendTyped writes a JSON value as json_get returns it: a byte for its type,
// then the value.
func appendTyped(dst, value []byte) []byte {
	switch c := value[0]; c {
	case '{':
		return append(append(dst, 'o'), value...)
	case '[':
		return append(append(dst, 'a'), value...)
	case 't', 'f':
		return append(dst, c)
	case 'n':
		return append(dst, 'z')
	case '"':
		return append(append(dst, 's'), core.UnquoteJSON(value[1:len(value)-1])...)
	}
	return append(append(dst, 'n'), value...)
}
