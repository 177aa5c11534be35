package core

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// MaxJSONDepth bounds the nesting of users' JSON. Real payloads stay under 20;
// a frame of 64 KiB could otherwise nest 32,000 levels and cost every reader
// that walks it recursively its stack.
const MaxJSONDepth = 128

// CompactJSON checks src as one JSON text in UTF-8, at most MaxJSONDepth deep,
// and appends it to dst without insignificant white space. Numbers and strings
// keep their source text. The error is for the sender.
func CompactJSON(dst, src []byte) ([]byte, error) {
	spaced, err := ScanJSON(src)
	if err != nil {
		return dst, err
	}
	if !spaced {
		return append(dst, src...), nil
	}
	buf := bytes.NewBuffer(dst)
	if err := json.Compact(buf, src); err != nil {
		return dst, Errorf(CodeBadRequest, "not valid JSON: %v", err)
	}
	return buf.Bytes(), nil
}

// CheckJSON checks src as CompactJSON does. White space may stand around it.
func CheckJSON(src []byte) error {
	_, err := ScanJSON(src)
	return err
}

// ScanJSON checks src as CompactJSON does. spaced says whether that would take
// white space out.
func ScanJSON(src []byte) (spaced bool, err error) {
	s := JSONScanner{Src: src}
	s.Space()
	if err = s.value(0); err == nil {
		err = s.End()
	}
	if (err != nil || !s.ASCII()) && !utf8.Valid(src) {
		return false, Errorf(CodeBadRequest, "not valid JSON: it must be UTF-8")
	}
	return s.Spaced && err == nil, err
}

// JSONMembers goes through the members of an object in their order, keys
// unquoted: for JSON that was checked. It ends at once for anything else.
func JSONMembers(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		s := JSONScanner{Src: object}
		if s.Space(); s.Next() != '{' {
			return
		}
		s.Pos++
		for first := true; ; first = false {
			key, more, _ := s.Member(first)
			if !more {
				return
			}
			value, err := s.Value(1)
			if err != nil || !yield(UnquoteJSON(key), value) {
				return
			}
		}
	}
}

// JSONItems goes through a list as JSONMembers does through an object.
func JSONItems(list []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		s := JSONScanner{Src: list}
		if s.Space(); s.Next() != '[' {
			return
		}
		s.Pos++
		for first := true; ; first = false {
			if more, _ := s.Item(first); !more {
				return
			}
			value, err := s.Value(1)
			if err != nil || !yield(value) {
				return
			}
		}
	}
}

// JSONKind names the type of a JSON value, for errors.
func JSONKind(value []byte) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
