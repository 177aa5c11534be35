//go:build wasip1

package driplet

import (
	"fmt"
	"math"
	"slices"
	"strconv"
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
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendJSON(append(appendString(dst, k), ':'), o[k]); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
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

// appendString writes a JSON string; what is not UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			dst = append(dst, string(r)...)
		}
	}
	return append(dst, '"')
}
