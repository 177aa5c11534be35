package core

import (
	"bytes"
	"encoding/json"
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
	if err := CheckJSON(src); err != nil {
		return dst, err
	}
	buf := bytes.NewBuffer(dst)
	if err := json.Compact(buf, src); err != nil {
		return dst, Errorf(CodeBadRequest, "not valid JSON: %v", err)
	}
	return buf.Bytes(), nil
}

// CheckJSON checks what encoding/json does not: UTF-8 and depth. The syntax is
// left to the decoder that follows.
func CheckJSON(src []byte) error {
	if !utf8.Valid(src) {
		return Errorf(CodeBadRequest, "not valid JSON: it must be UTF-8")
	}
	depth, inString := 0, false
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case inString:
			if c == '\\' {
				i++
			} else if c == '"' {
				inString = false
			}
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; depth > MaxJSONDepth {
				return Errorf(CodeBadRequest, "JSON is nested deeper than %d levels", MaxJSONDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
