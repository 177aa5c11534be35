package core

import (
	"bytes"
	"encoding/json"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// MaxAttributes bounds what one token costs the claims index: paths and values,
// those within lists counted each. Headers end at 8 KiB in common proxies, and
// a token of that size holds about as many short numbers.
const MaxAttributes = 1000

// ParseAttributes flattens the object custom of a token. PHP writes an empty
// object as [] and a list with gaps as an object with integer keys: the first
// is no claims, the second a list. Where two spellings meet at one path (the
// key "a.b", and "b" inside "a") the longer literal key wins.
func ParseAttributes(custom []byte) (Attributes, error) {
	custom = bytes.TrimSpace(custom)
	if len(custom) == 0 || string(custom) == "null" || isEmptyList(custom) {
		return nil, nil
	}
	if custom[0] != '{' {
		return nil, Errorf(CodeUnauthorized, "the token's claim \"custom\" must be an object")
	}
	if err := CheckJSON(custom); err != nil {
		return nil, err
	}
	f := flattener{seen: map[string]bool{}}
	if err := f.object("", custom); err != nil {
		return nil, err
	}
	slices.SortFunc(f.out, func(a, b Attribute) int { return strings.Compare(a.Path, b.Path) })
	return slices.Clone(f.out), nil // one per token, kept for long: no room to grow
}

func isEmptyList(b []byte) bool {
	return b[0] == '[' && b[len(b)-1] == ']' && len(bytes.TrimSpace(b[1:len(b)-1])) == 0
}

type flattener struct {
	out    Attributes
	seen   map[string]bool
	values int
}

func (f *flattener) object(prefix string, src []byte) error {
	fields, err := objectFields(src)
	if err != nil {
		return err
	}
	keys := make([]string, 0, len(fields))
	for k := range fields {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		if len(keys[i]) != len(keys[j]) {
			return len(keys[i]) > len(keys[j])
		}
		return keys[i] < keys[j]
	})
	for _, k := range keys {
		if err := f.member(prefix+k, fields[k]); err != nil {
			return err
		}
	}
	return nil
}

func (f *flattener) member(path string, raw json.RawMessage) error {
	values, leaf, err := ParseValues(raw)
	if err != nil {
		return err
	}
	if !f.seen[path] {
		f.seen[path] = true
		if f.values += max(1, len(values.Values)); f.values > MaxAttributes {
			return Errorf(CodeUnauthorized, "the token's claim \"custom\" has more than %d values", MaxAttributes)
		}
		f.out = append(f.out, Attribute{Path: path, Has: values, Leaf: leaf})
	}
	if raw[0] == '{' {
		return f.object(path+".", raw)
	}
	return nil
}

// ParseValues reads a scalar, a list of scalars, or an object with integer
// keys, which is a list in key order. ok is false for everything else. raw is
// one valid JSON value without white space around it.
func ParseValues(raw []byte) (v Values, ok bool, err error) {
	if len(raw) == 0 {
		return Values{}, false, Errorf(CodeBadRequest, "not valid JSON: a value is missing")
	}
	var items []json.RawMessage
	switch raw[0] {
	case '[':
		if err := json.Unmarshal(raw, &items); err != nil {
			return Values{}, false, Errorf(CodeBadRequest, "not valid JSON: %v", err)
		}
	case '{':
		if items, ok = listOfObject(raw); !ok {
			return Values{}, false, nil
		}
	default:
		s, err := parseScalar(raw)
		return Values{Values: []Value{s}}, err == nil, err
	}
	v = Values{List: true, Values: make([]Value, 0, len(items))}
	for _, item := range items {
		if item[0] == '[' || item[0] == '{' {
			return Values{}, false, nil
		}
		s, err := parseScalar(item)
		if err != nil {
			return Values{}, false, err
		}
		v.Values = append(v.Values, s)
	}
	return v, true, nil
}

func parseScalar(raw []byte) (Value, error) {
	switch raw[0] {
	case 't':
		return ValueTrue, nil
	case 'f':
		return ValueFalse, nil
	case 'n':
		return ValueNull, nil
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", Errorf(CodeBadRequest, "not valid JSON: %v", err)
		}
		return StringValue(s), nil
	}
	return NumberValue(string(raw))
}

func objectFields(raw []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, Errorf(CodeBadRequest, "not valid JSON: %v", err)
	}
	return fields, nil
}

// listOfObject reads {"0":…,"3":…}; the empty object is not a list.
func listOfObject(raw []byte) (items []json.RawMessage, ok bool) {
	fields, err := objectFields(raw)
	if err != nil || len(fields) == 0 {
		return nil, false
	}
	keys := make([]int, 0, len(fields))
	for k := range fields {
		n, err := strconv.Atoi(k)
		if err != nil || n < 0 || strconv.Itoa(n) != k {
			return nil, false
		}
		keys = append(keys, n)
	}
	slices.Sort(keys)
	for _, k := range keys {
		items = append(items, fields[strconv.Itoa(k)])
	}
	return items, true
}
