package plugin

import (
	"bytes"
	"encoding/json"

	"github.com/driplet/driplet/core"
)

// jsonFind walks path (ABI.md, 4: json_get) and returns the value's own bytes.
// Only what lies before and in the value is checked.
func jsonFind(src []byte, path string) ([]byte, error) {
	s := jsonScanner{src: src}
	for range core.MaxJSONDepth + 1 {
		s.space()
		if path == "" {
			return s.raw()
		}
		var err error
		switch {
		case s.take('{'):
			path, err = s.member(path)
		case s.take('['):
			path, err = s.element(path)
		default:
			if !s.value(0) {
				return nil, ErrnoBadArgument
			}
			return nil, ErrnoNotFound
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, ErrnoBadArgument
}

func (s *jsonScanner) raw() ([]byte, error) {
	from := s.at
	if !s.value(0) {
		return nil, ErrnoBadArgument
	}
	return s.src[from:s.at], nil
}

// member goes to the value of the longest key that path begins with, the last
// of equal ones, and returns the path's rest. The opening brace is behind it.
func (s *jsonScanner) member(path string) (rest string, err error) {
	best, found := -1, 0
	s.space()
	if s.take('}') {
		return "", ErrnoNotFound
	}
	for {
		from := s.at
		if !s.text() {
			return "", ErrnoBadArgument
		}
		key := s.src[from+1 : s.at-1]
		s.space()
		if !s.take(':') {
			return "", ErrnoBadArgument
		}
		s.space()
		if n := fits(key, path); n >= 0 && n >= best {
			best, found = n, s.at
		}
		if !s.value(1) {
			return "", ErrnoBadArgument
		}
		s.space()
		if s.take('}') {
			break
		}
		if !s.take(',') {
			return "", ErrnoBadArgument
		}
		s.space()
	}
	if best < 0 {
		return "", ErrnoNotFound
	}
	s.at = found
	return cutSegment(path, best), nil
}

// fits tells how many bytes of path the key (as it stands in the source) takes
// up; -1 is none.
func fits(key []byte, path string) int {
	if bytes.IndexByte(key, '\\') >= 0 {
		var text string
		if json.Unmarshal(append(append([]byte{'"'}, key...), '"'), &text) != nil {
			return -1
		}
		key = []byte(text)
	}
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

// element goes to the value at the index that path begins with.
func (s *jsonScanner) element(path string) (rest string, err error) {
	n, index := 0, 0
	for n < len(path) && path[n] >= '0' && path[n] <= '9' && index < 1<<24 {
		index = index*10 + int(path[n]-'0')
		n++
	}
	if n == 0 || n > 1 && path[0] == '0' || n < len(path) && path[n] != '.' {
		return "", ErrnoNotFound
	}
	s.space()
	if s.take(']') {
		return "", ErrnoNotFound
	}
	for ; index > 0; index-- {
		if !s.value(1) {
			return "", ErrnoBadArgument
		}
		s.space()
		if s.take(']') {
			return "", ErrnoNotFound
		}
		if !s.take(',') {
			return "", ErrnoBadArgument
		}
		s.space()
	}
	return cutSegment(path, n), nil
}

// appendTyped writes a JSON value as json_get returns it: a byte for its type,
// then the value.
func appendTyped(dst, value []byte) ([]byte, error) {
	switch c := value[0]; c {
	case '{':
		return append(append(dst, 'o'), value...), nil
	case '[':
		return append(append(dst, 'a'), value...), nil
	case 't', 'f':
		return append(dst, c), nil
	case 'n':
		return append(dst, 'z'), nil
	case '"':
		if bytes.IndexByte(value, '\\') < 0 {
			return append(append(dst, 's'), value[1:len(value)-1]...), nil
		}
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return dst, ErrnoBadArgument
		}
		return append(append(dst, 's'), text...), nil
	}
	return append(append(dst, 'n'), value...), nil
}
