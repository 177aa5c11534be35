package plugin

import (
	"bytes"
	"unicode/utf8"

	"github.com/driplet/driplet/core"
)

// jsonText checks one JSON text (RFC 8259) without allocating: valid says
// whether it is one in UTF-8, at most core.MaxJSONDepth deep; compact whether
// it holds no white space between its tokens.
func jsonText(src []byte) (valid, compact bool) {
	s := jsonScanner{src: src, compact: true}
	s.space()
	if !s.value(0) {
		return false, false
	}
	s.space()
	return s.at == len(src), s.compact
}

// copyJSON copies a JSON text, compacted.
func copyJSON(src []byte) ([]byte, bool) {
	valid, compact := jsonText(src)
	if !valid {
		return nil, false
	}
	if compact {
		return bytes.Clone(src), true
	}
	out, err := core.CompactJSON(nil, src)
	return out, err == nil
}

type jsonScanner struct {
	src     []byte
	at      int
	compact bool
}

func (s *jsonScanner) space() {
	for s.at < len(s.src) {
		switch s.src[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
			s.compact = false
		default:
			return
		}
	}
}

func (s *jsonScanner) take(c byte) bool {
	if s.at < len(s.src) && s.src[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *jsonScanner) word(w string) bool {
	if len(s.src)-s.at < len(w) || string(s.src[s.at:s.at+len(w)]) != w {
		return false
	}
	s.at += len(w)
	return true
}

func (s *jsonScanner) value(depth int) bool {
	if s.at >= len(s.src) {
		return false
	}
	switch c := s.src[s.at]; c {
	case '{', '[':
		if depth >= core.MaxJSONDepth {
			return false
		}
		return s.container(c == '{', depth)
	case '"':
		return s.text()
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *jsonScanner) container(object bool, depth int) bool {
	end := byte(']')
	if object {
		end = '}'
	}
	s.at++
	s.space()
	if s.take(end) {
		return true
	}
	for {
		if object {
			if !s.text() {
				return false
			}
			s.space()
			if !s.take(':') {
				return false
			}
			s.space()
		}
		if !s.value(depth + 1) {
			return false
		}
		s.space()
		if s.take(end) {
			return true
		}
		if !s.take(',') {
			return false
		}
		s.space()
	}
}

func (s *jsonScanner) text() bool {
	if !s.take('"') {
		return false
	}
	for s.at < len(s.src) {
		switch c := s.src[s.at]; {
		case c == '"':
			s.at++
			return true
		case c < 0x20:
			return false
		case c == '\\':
			if !s.escape() {
				return false
			}
		case c < utf8.RuneSelf:
			s.at++
		default:
			r, n := utf8.DecodeRune(s.src[s.at:])
			if r == utf8.RuneError && n == 1 {
				return false
			}
			s.at += n
		}
	}
	return false
}

func (s *jsonScanner) escape() bool {
	s.at++
	if s.at >= len(s.src) {
		return false
	}
	c := s.src[s.at]
	s.at++
	if c != 'u' {
		return bytes.IndexByte([]byte(`"\/bfnrt`), c) >= 0
	}
	for range 4 {
		if s.at >= len(s.src) || !isHex(s.src[s.at]) {
			return false
		}
		s.at++
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func (s *jsonScanner) number() bool {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		return s.digits()
	}
	return true
}

func (s *jsonScanner) digits() bool {
	from := s.at
	for s.at < len(s.src) && s.src[s.at] >= '0' && s.src[s.at] <= '9' {
		s.at++
	}
	return s.at > from
}
