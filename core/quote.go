package core

import (
	"bytes"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendQuoted appends s as a JSON string (RFC 8259, 7). It escapes what JSON
// demands and nothing else; each byte that is not UTF-8 becomes U+FFFD, so that
// the result is valid whatever a token or a plugin has put into a name.
func AppendQuoted[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	from := 0 // what lies before has been appended
	for i := 0; i < len(s); {
		if i += plain(s[i:]); i == len(s) {
			break
		}
		if c := s[i]; c < utf8.RuneSelf {
			dst = appendEscape(append(dst, s[from:i]...), c)
			i++
			from = i
			continue
		}
		var first [utf8.UTFMax]byte
		r, size := utf8.DecodeRune(first[:copy(first[:], s[i:])])
		if r == utf8.RuneError && size == 1 {
			dst = append(append(dst, s[from:i]...), "\uFFFD"...)
			from = i + 1
		}
		i += size
	}
	return append(append(dst, s[from:]...), '"')
}

// plain is how many bytes at the start of s are ASCII and stand for themselves.
func plain[T string | []byte](s T) int {
	i := 0
	for ; len(s)-i >= 8; i += 8 {
		w := s[i : i+8] // the compiler makes one load of it
		x := uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 | uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
		if odd := specialBytes(x) | x&highs; odd != 0 {
			return i + bits.TrailingZeros64(odd)>>3
		}
	}
	for i < len(s) && s[i] >= 0x20 && s[i] < utf8.RuneSelf && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}

// UnquoteJSON decodes what stands between the quotes of a valid JSON string.
// The result may share inner's bytes. Half a surrogate pair becomes U+FFFD, as
// in encoding/json, so that a topic has one name on every way in.
func UnquoteJSON(inner []byte) []byte {
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	return AppendUnquoted(make([]byte, 0, len(inner)), inner)
}

// AppendUnquoted appends to dst what UnquoteJSON returns.
func AppendUnquoted(dst, inner []byte) []byte {
	for {
		i := bytes.IndexByte(inner, '\\')
		if i < 0 || i+1 >= len(inner) {
			return append(dst, inner...)
		}
		dst = append(dst, inner[:i]...)
		c := inner[i+1]
		inner = inner[i+2:]
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			var r rune
			r, inner = unquoteUnit(inner)
			if utf16.IsSurrogate(r) {
				pair := rune(utf8.RuneError)
				if bytes.HasPrefix(inner, []byte(`\u`)) {
					low, rest := unquoteUnit(inner[2:])
					if pair = utf16.DecodeRune(r, low); pair != utf8.RuneError {
						inner = rest
					}
				}
				r = pair
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
	}
}

// unquoteUnit reads four hexadecimal digits.
func unquoteUnit(src []byte) (r rune, rest []byte) {
	n := min(4, len(src)) // never less in a valid string
	for _, c := range src[:n] {
		switch {
		case c <= '9':
			c -= '0'
		default:
			c = c&^0x20 - 'A' + 10
		}
		r = r<<4 | rune(c)
	}
	return r, src[n:]
}
