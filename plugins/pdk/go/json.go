//go:build wasip1

package driplet

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Object is a JSON object: an answer, or what is published. Values are strings,
// numbers, bools, nil, Objects, Lists, Values (JSON text as it is), and what has
// the method MarshalJSON. The keys are written in order.
type Object map[string]any

// List is a JSON list.
type List []any

// appendJSON writes v without encoding/json, which would triple a plugin's
// time for an event and add a third to its size.
func appendJSON(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case string:
		return appendString(dst, v), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int32:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case uint32:
		return strconv.AppendUint(dst, uint64(v), 10), nil
	case uint64:
		return strconv.AppendUint(dst, v, 10), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return dst, fmt.Errorf("driplet: JSON has no number %v", v)
		}
		return strconv.AppendFloat(dst, v, 'g', -1, 64), nil
	case Value:
		if len(v) == 0 {
			return append(dst, "null"...), nil
		}
		return append(dst, v...), nil
	case Object:
		return appendObject(dst, v)
	case List:
		return appendList(dst, v)
	case []string:
		list := make(List, len(v))
		for i, s := range v {
			list[i] = s
		}
		return appendList(dst, list)
	case interface{ MarshalJSON() ([]byte, error) }:
		b, err := v.MarshalJSON()
		return append(dst, b...), err
	}
	return dst, fmt.Errorf("driplet: cannot write %T as JSON: use Object, List or Value", v)
}

func appendObject(dst []byte, o Object) ([]byte, error) {
	var few [8]member
	members := few[:0]
	for k, v := range o {
		i := len(members)
		members = append(members, member{k, v})
		for ; i > 0 && members[i-1].key > k; i-- { // objects are small
			members[i] = members[i-1]
		}
		members[i] = member{k, v}
	}
	dst = append(dst, '{')
	for i := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendJSON(append(appendString(dst, members[i].key), ':'), members[i].value); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

type member struct {
	key   string
	value any
}

func appendList(dst []byte, l List) ([]byte, error) {
	dst = append(dst, '[')
	for i, v := range l {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendJSON(dst, v); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

const hex = "0123456789abcdef"

// plain are the ASCII bytes that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// appendString writes a JSON string; what is not UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from, i := 0, 0
	for i < len(s) && plain[s[i]] {
		i++
	}
	if i < len(s) && !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
		i = 0
	}
	for ; i < len(s); i++ {
		c := s[i]
		if plain[c] || c >= utf8.RuneSelf {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		if c < 0x20 {
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		} else {
			dst = append(dst, '\\', c)
		}
	}
	return append(append(dst, s[from:]...), '"')
}
