package core

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// JSONScanner walks one JSON text (RFC 8259) once, checking its syntax on the
// way, and allocates nothing. encoding/json would match keys without regard to
// case, let the last of two equal keys win, and take several times as long.
// UTF-8 is not its concern. Errors are for the sender of the text.
type JSONScanner struct {
	Src    []byte
	Pos    int
	Spaced bool // set when white space was skipped
	Escape bool // set when an escape was met in a string
	Deep   bool // set when a value is nested too deep

	seen uint64 // all that stands in strings: their bytes or'ed, eight at a time
}

// Space skips white space.
func (s *JSONScanner) Space() {
	for s.Pos < len(s.Src) {
		switch s.Src[s.Pos] {
		case ' ', '\t', '\n', '\r':
			s.Pos++
			s.Spaced = true
		default:
			return
		}
	}
}

// Next is the byte at hand, 0 at the end: no JSON token starts with it.
func (s *JSONScanner) Next() byte {
	if s.Pos < len(s.Src) {
		return s.Src[s.Pos]
	}
	return 0
}

// Unexpected refuses what stands at Pos.
func (s *JSONScanner) Unexpected(wanted string) error {
	if s.Pos >= len(s.Src) {
		return Errorf(CodeBadRequest, "not valid JSON: it ends after %d bytes, where %s should follow", len(s.Src), wanted)
	}
	return Errorf(CodeBadRequest, "not valid JSON: byte %d is %s, where %s should stand", s.Pos+1, NameByte(s.Src[s.Pos]), wanted)
}

// NameByte shows a byte in an error.
func NameByte(c byte) string {
	if c > 0x20 && c < 0x7f {
		return string([]byte{'\'', c, '\''})
	}
	return fmt.Sprintf("0x%02x", c)
}

// Member steps to the next member of an object whose { has been read, and
// leaves Pos at its value. key is what stands between its quotes; ok is false
// behind the }.
func (s *JSONScanner) Member(first bool) (key []byte, ok bool, err error) {
	s.Space()
	switch c := s.Next(); {
	case c == '}':
		s.Pos++
		return nil, false, nil
	case first:
	case c == ',':
		s.Pos++
		s.Space()
	default:
		return nil, false, s.Unexpected("a comma or }")
	}
	if s.Next() != '"' {
		return nil, false, s.Unexpected("a key in double quotes")
	}
	start := s.Pos + 1
	if err := s.str(); err != nil {
		return nil, false, err
	}
	key = s.Src[start : s.Pos-1]
	s.Space()
	if s.Next() != ':' {
		return nil, false, s.Unexpected("a colon")
	}
	s.Pos++
	s.Space()
	return key, true, nil
}

// Item steps to the next item of a list whose [ has been read; ok is false
// behind the ].
func (s *JSONScanner) Item(first bool) (ok bool, err error) {
	s.Space()
	switch c := s.Next(); {
	case c == ']':
		s.Pos++
		return false, nil
	case first:
	case c == ',':
		s.Pos++
		s.Space()
	default:
		return false, s.Unexpected("a comma or ]")
	}
	return true, nil
}

// Value skips one value and returns its text. depth is the number of lists and
// objects around it; MaxJSONDepth bounds it, and with it the recursion.
func (s *JSONScanner) Value(depth int) ([]byte, error) {
	start := s.Pos
	err := s.value(depth)
	return s.Src[start:s.Pos], err
}

// Skip steps over a list or an object of any depth by its brackets alone: for who
// has refused it and looks for what is behind. ok is false if it does not end.
func (s *JSONScanner) Skip() (ok bool) {
	for open := 0; ; {
		switch s.Next() {
		case '{', '[':
			open++
		case '}', ']':
			if open--; open <= 0 {
				s.Pos++
				return open == 0
			}
		case '"':
			if s.str() != nil {
				return false
			}
			continue
		case 0:
			if s.Pos >= len(s.Src) {
				return false
			}
		}
		s.Pos++
	}
}

// End refuses what follows the text.
func (s *JSONScanner) End() error {
	if s.Space(); s.Pos < len(s.Src) {
		return s.Unexpected("its end")
	}
	return nil
}

func (s *JSONScanner) value(depth int) error {
	switch c := s.Next(); c {
	case '"':
		return s.str()
	case '{':
		if depth >= MaxJSONDepth {
			return s.tooDeep()
		}
		s.Pos++
		for first := true; ; first = false {
			_, ok, err := s.Member(first)
			if err != nil || !ok {
				return err
			}
			if err := s.value(depth + 1); err != nil {
				return err
			}
		}
	case '[':
		if depth >= MaxJSONDepth {
			return s.tooDeep()
		}
		s.Pos++
		for first := true; ; first = false {
			ok, err := s.Item(first)
			if err != nil || !ok {
				return err
			}
			if err := s.value(depth + 1); err != nil {
				return err
			}
		}
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
		return s.Unexpected("a value")
	}
}

func (s *JSONScanner) tooDeep() error {
	s.Deep = true
	return Errorf(CodeBadRequest, "JSON is nested deeper than %d levels", MaxJSONDepth)
}

func (s *JSONScanner) literal(word string) error {
	for i := 0; i < len(word); i++ {
		if s.Next() != word[i] {
			return s.Unexpected(word)
		}
		s.Pos++
	}
	return nil
}

func (s *JSONScanner) number() error {
	if s.Next() == '-' {
		s.Pos++
	}
	if s.Next() == '0' {
		s.Pos++
	} else if err := s.digits(); err != nil {
		return err
	}
	if s.Next() == '.' {
		s.Pos++
		if err := s.digits(); err != nil {
			return err
		}
	}
	if c := s.Next(); c == 'e' || c == 'E' {
		s.Pos++
		if c := s.Next(); c == '+' || c == '-' {
			s.Pos++
		}
		return s.digits()
	}
	return nil
}

func (s *JSONScanner) digits() error {
	i := s.Pos
	for i < len(s.Src) && s.Src[i]-'0' <= 9 {
		i++
	}
	if i == s.Pos {
		return s.Unexpected("a digit")
	}
	s.Pos = i
	return nil
}

// str skips a string whose opening quote is at pos.
func (s *JSONScanner) str() error {
	// Without capacity behind it the compiler sees that each slice below has bytes.
	src, i, seen := s.Src[:len(s.Src):len(s.Src)], s.Pos+1, uint64(0)
	for {
		special := uint64(0)
		for ; len(src)-i >= 8; i += 8 {
			x := binary.LittleEndian.Uint64(src[i:])
			seen |= x
			if special = specialBytes(x); special != 0 {
				i += bits.TrailingZeros64(special) >> 3
				break
			}
		}
		if special == 0 {
			for i < len(src) && src[i] >= 0x20 && src[i] != '"' && src[i] != '\\' {
				seen |= uint64(src[i])
				i++
			}
		}
		switch {
		case i == len(src):
			s.Pos = i
			return s.Unexpected("the end of a string")
		case src[i] == '"':
			s.Pos = i + 1
			s.seen |= seen
			return nil
		case src[i] != '\\':
			s.Pos = i
			return s.Unexpected("the rest of a string, where control characters are written as escapes,")
		}
		s.Escape = true
		if i++; i < len(src) && shortEscape(src[i]) {
			i++
			continue
		}
		s.Pos = i
		if err := s.unit(); err != nil {
			return err
		}
		i = s.Pos
	}
}

// Each byte's lowest bit, and its highest.
const ones, highs = 0x0101010101010101, 0x8080808080808080

// specialBytes marks those of eight bytes of a string that are a quotation mark, a
// backslash or a control character by their highest bits. Behind the first one
// it may mark others: a borrow of the byte before. With its second bit turned a
// quotation mark is 0x20, a space 0x22: one comparison finds it with the control
// characters.
func specialBytes(x uint64) uint64 {
	return (((x ^ ones*2) - ones*0x21) | ((x ^ ones*'\\') - ones)) &^ x & highs
}

// ASCII reports whether the strings so far are: false may be wrong.
func (s *JSONScanner) ASCII() bool { return s.seen&highs == 0 }

// shortEscape reports whether c makes an escape with the backslash before it.
func shortEscape(c byte) bool {
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	}
	return false
}

// unit skips what stands behind the backslash of an escape that is no short one.
func (s *JSONScanner) unit() error {
	if s.Next() != 'u' {
		return s.Unexpected("one of \" \\ / b f n r t u")
	}
	s.Pos++
	for range 4 {
		c := s.Next()
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return s.Unexpected("a hexadecimal digit")
		}
		s.Pos++
	}
	return nil
}
