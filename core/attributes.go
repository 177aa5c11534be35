package core

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// maxAttributes bounds what one token costs the claims index: paths and values,
// those within lists counted each. Headers end at 8 KiB in common proxies, and
// a token of that size holds about as many short numbers.
const maxAttributes = 1000

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
	f := flattener{out: make(Attributes, 0, 4)}
	if err := f.object("", custom); err != nil {
		return nil, err
	}
	slices.SortStableFunc(f.out, func(a, b Attribute) int { return strings.Compare(a.Path, b.Path) })
	// Of equal paths the first that was found counts.
	out := slices.CompactFunc(f.out, func(a, b Attribute) bool { return a.Path == b.Path })
	if len(out) < cap(out) {
		out = slices.Clone(out) // one per token is kept for long: no room to grow
	}
	return out, nil
}

func isEmptyList(b []byte) bool {
	return b[0] == '[' && b[len(b)-1] == ']' && len(bytes.TrimSpace(b[1:len(b)-1])) == 0
}

type flattener struct {
	out    Attributes
	values int
}

// object takes the longest keys first, and of equal ones the last alone.
func (f *flattener) object(prefix string, src []byte) error {
	type member struct {
		path  string
		value []byte
	}
	var room [8]member
	members := room[:0]
	for key, value := range JSONMembers(src) {
		members = append(members, member{prefix + string(key), value})
	}
	slices.Reverse(members)
	slices.SortStableFunc(members, func(a, b member) int {
		return cmp.Or(cmp.Compare(len(b.path), len(a.path)), strings.Compare(a.path, b.path))
	})
	for i, m := range members {
		if i > 0 && members[i-1].path == m.path {
			continue
		}
		if err := f.member(m.path, m.value); err != nil {
			return err
		}
	}
	return nil
}

func (f *flattener) member(path string, raw []byte) error {
	values, leaf, err := ParseValues(raw)
	if err != nil {
		return err
	}
	if f.values += max(1, len(values.Values)); f.values > maxAttributes {
		return Errorf(CodeUnauthorized, "the token's claim \"custom\" has more than %d values", maxAttributes)
	}
	f.out = append(f.out, Attribute{Path: path, Has: values, Leaf: leaf})
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
	switch raw[0] {
	case '[':
		v.List = true
		for item := range JSONItems(raw) {
			if ok, err := v.add(item); !ok {
				return Values{}, false, err
			}
		}
		return v, true, nil
	case '{':
		return listOfObject(raw)
	}
	s, err := parseScalar(raw)
	return Values{Values: []Value{s}}, err == nil, err
}

// add appends a scalar; anything else is not ok.
func (v *Values) add(raw []byte) (ok bool, err error) {
	if raw[0] == '[' || raw[0] == '{' {
		return false, nil
	}
	s, err := parseScalar(raw)
	if err != nil {
		return false, err
	}
	v.Values = append(v.Values, s)
	return true, nil
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
		return StringValue(string(UnquoteJSON(raw[1 : len(raw)-1]))), nil
	}
	return NumberValue(string(raw))
}

// listOfObject reads {"0":…,"3":…}; the empty object is not a list.
func listOfObject(raw []byte) (v Values, ok bool, err error) {
	type item struct {
		key int
		raw []byte
	}
	var items []item
	for key, value := range JSONMembers(raw) {
		n, err := strconv.Atoi(string(key))
		if err != nil || n < 0 || strconv.Itoa(n) != string(key) {
			return Values{}, false, nil
		}
		items = append(items, item{n, value})
	}
	if len(items) == 0 {
		return Values{}, false, nil
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(a.key, b.key) })
	v.List = true
	for i, it := range items {
		if i+1 < len(items) && items[i+1].key == it.key {
			continue // the last counts
		}
		if ok, err := v.add(it.raw); !ok {
			return Values{}, false, err
		}
	}
	return v, true, nil
}
