package wire

import (
	"fmt"

	"github.com/driplet/driplet/core"
)

// scanner walks one JSON text (RFC 8259) once, checking its syntax on the way.
// encoding/json would match keys without regard to case, let the last of two
// equal keys win, and take several times as long. UTF-8 is not its concern.
type scanner struct {
	src    []byte
	pos    int
	spaced bool // set when white space was skipped
}

func (s *scanner) space() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
			s.spaced = true
		default:
			return
		}
	}
}

// next is the byte at hand, 0 at the end: no JSON token starts with it.
func (s *scanner) next() byte {
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

// unexpected refuses what stands at pos.
func (s *scanner) unexpected(wanted string) error {
	if s.pos >= len(s.src) {
		return core.Errorf(core.CodeBadRequest, "frame is not valid JSON: it ends after %d bytes, where %s should follow", len(s.src), wanted)
	}
	return core.Errorf(core.CodeBadRequest, "frame is not valid JSON: byte %d is %s, where %s should stand", s.pos+1, nameByte(s.src[s.pos]), wanted)
}

func nameByte(c byte) string {
	if c > 0x20 && c < 0x7f {
		return string([]byte{'\'', c, '\''})
	}
	return fmt.Sprintf("0x%02x", c)
}

// member steps to the next member of an object whose { has been read, and
// leaves pos at its value. key is what stands between its quotes; ok is false
// at the }.
func (s *scanner) member(first bool) (key []byte, ok bool, err error) {
	s.space()
	switch c := s.next(); {
	case c == '}':
		s.pos++
		return nil, false, nil
	case first:
	case c == ',':
		s.pos++
		s.space()
	default:
		return nil, false, s.unexpected("a comma or }")
	}
	if s.next() != '"' {
		return nil, false, s.unexpected("a key in double quotes")
	}
	start := s.pos + 1
	if err := s.str(); err != nil {
		return nil, false, err
	}
	key = s.src[start : s.pos-1]
	s.space()
	if s.next() != ':' {
		return nil, false, s.unexpected("a colon")
	}
	s.pos++
	s.space()
	return key, true, nil
}

// value skips one value. depth is the number of lists and objects around it;
// core.MaxJSONDepth bounds it, and with it the recursion.
func (s *scanner) value(depth int) error {
	switch c := s.next(); c {
	case '"':
		return s.str()
	case '{':
		if depth >= core.MaxJSONDepth {
			return tooDeep()
		}
		s.pos++
		for first := true; ; first = false {
			_, ok, err := s.member(first)
			if err != nil || !ok {
				return err
			}
			if err := s.value(depth + 1); err != nil {
				return err
			}
		}
	case '[':
		if depth >= core.MaxJSONDepth {
			return tooDeep()
		}
		s.pos++
		return s.list(depth + 1)
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	default:
		if c == '-' || c >= '0' && c <= '9' {
			return s.number()
		}
		return s.unexpected("a value")
	}
}

func tooDeep() error {
	return core.Errorf(core.CodeBadRequest, "JSON is nested deeper than %d levels", core.MaxJSONDepth)
}

func (s *scanner) list(depth int) error {
	s.space()
	if s.next() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := s.value(depth); err != nil {
			return err
		}
		s.space()
		switch s.next() {
		case ',':
			s.pos++
			s.space()
		case ']':
			s.pos++
			return nil
		default:
			return s.unexpected("a comma or ]")
		}
	}
}

func (s *scanner) literal(word string) error {
	for i := 0; i < len(word); i++ {
		if s.next() != word[i] {
			return s.unexpected(word)
		}
		s.pos++
	}
	return nil
}

func (s *scanner) number() error {
	if s.next() == '-' {
		s.pos++
	}
	if s.next() == '0' {
		s.pos++
	} else if err := s.digits(); err != nil {
		return err
	}
	if s.next() == '.' {
		s.pos++
		if err := s.digits(); err != nil {
			return err
		}
	}
	if c := s.next(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.next(); c == '+' || c == '-' {
			s.pos++
		}
		return s.digits()
	}
	return nil
}

func (s *scanner) digits() error {
	start := s.pos
	for s.pos < len(s.src) && s.src[s.pos] >= '0' && s.src[s.pos] <= '9' {
		s.pos++
	}
	if s.pos == start {
		return s.unexpected("a digit")
	}
	return nil
}

// str skips a string whose opening quote is at pos.
func (s *scanner) str() error {
	s.pos++
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == '"':
			s.pos++
			return nil
		case c == '\\':
			s.pos++
			if err := s.escape(); err != nil {
				return err
			}
		case c < 0x20:
			return s.unexpected("the rest of a string, where control characters are written as escapes,")
		default:
			s.pos++
		}
	}
	return s.unexpected("the end of a string")
}

func (s *scanner) escape() error {
	switch s.next() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos++
		return nil
	case 'u':
		s.pos++
		for range 4 {
			c := s.next()
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return s.unexpected("a hexadecimal digit")
			}
			s.pos++
		}
		return nil
	}
	return s.unexpected("one of \" \\ / b f n r t u")
}
