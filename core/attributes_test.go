package core

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
)

func TestParseAttributes(t *testing.T) {
	custom := `{
		"uid": 7, "name": "Eva", "admin": true, "left": null, "none": [], "roles": ["a", 5.0, false],
		"gaps": {"3":"c","0":"a","10":"d"}, "empty": {}, "mixed": [1,[2]], "objects": [{"a":1}],
		"profile": {"city": "Brno", "geo": {"lat": 49.20}}, "profile.city": "Praha",
		"a.b": {"c": 1}, "a": {"b.c": 2, "b": {"d": 3}}, "": 4, "x": {"01": 1, "-1": 2}}`
	a, err := ParseAttributes([]byte(custom))
	if err != nil {
		t.Fatal(err)
	}
	s := StringValue
	for path, want := range map[string]Values{
		"uid": {Values: []Value{s("7")}}, "name": {Values: []Value{s("Eva")}}, "admin": {Values: []Value{ValueTrue}}, "left": {Values: []Value{ValueNull}},
		"none": {List: true}, "roles": {List: true, Values: []Value{s("a"), s("5"), ValueFalse}},
		"gaps": {List: true, Values: []Value{s("a"), s("c"), s("d")}}, "gaps.3": {Values: []Value{s("c")}},
		"profile.city": {Values: []Value{s("Praha")}}, "profile.geo.lat": {Values: []Value{s("49.2")}},
		"a.b.c": {Values: []Value{s("1")}}, "a.b.d": {Values: []Value{s("3")}}, "": {Values: []Value{s("4")}}, "x.01": {Values: []Value{s("1")}},
	} {
		got, ok := a.Lookup(path)
		if !ok || got.List != want.List || !slices.Equal(got.Values, want.Values) {
			t.Errorf("%q: %+v, %v, want %+v", path, got, ok, want)
		}
	}
	for _, path := range []string{"UID", "uid.x", "profile", "profile.", "profile.geo", "empty", "mixed", "objects", "objects.a", "x", "missing", "zzz", "."} {
		if got, ok := a.Lookup(path); ok {
			t.Errorf("%q: %+v, which must match nothing", path, got)
		}
	}
}

func TestParseAttributesNone(t *testing.T) {
	for _, custom := range []string{"", " ", "null", "[]", "[ ]", "{}", " { } "} {
		if a, err := ParseAttributes([]byte(custom)); err != nil || len(a) != 0 {
			t.Errorf("%q: %v, %v", custom, a, err)
		}
	}
}

func TestParseAttributesRefuses(t *testing.T) {
	many := strings.Repeat("1,", maxAttributes)
	for custom, text := range map[string]string{
		`"x"`: "must be an object", `[1]`: "must be an object", `[1`: "must be an object", `[`: "must be an object", `5`: "must be an object",
		`{"a":`: "not valid JSON", `{"a":1} x`: "not valid JSON", "{\"a\":\"\xff\"}": "UTF-8",
		`{"a":` + strings.Repeat("[", 200) + `}`:                  "nested deeper",
		`{"a":` + strings.Repeat("1", 41) + `}`:                   "more than 40 digits",
		`{"a":[1e99]}`:                                            "more than 40 digits",
		`{"a":[` + many + `1]}`:                                   "more than 1000 values",
		`{"a":[` + many[:1000] + `1],"b":[` + many[:1000] + `1]}`: "more than 1000 values",
	} {
		if a, err := ParseAttributes([]byte(custom)); err == nil || a != nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%.60s: %v, want %q", custom, err, text)
		}
	}
	if _, err := ParseAttributes([]byte(`{"a":[` + many[:len(many)-1] + `]}`)); err != nil {
		t.Errorf("just the limit: %v", err)
	}
	var b strings.Builder
	for i := range maxAttributes + 1 {
		fmt.Fprintf(&b, `,"k%d":[]`, i)
	}
	if _, err := ParseAttributes([]byte("{" + b.String()[1:] + "}")); err == nil {
		t.Error("1001 paths must be refused")
	}
}

func TestParseValues(t *testing.T) {
	for raw, want := range map[string]bool{`1`: true, `"a"`: true, `null`: true, `[]`: true, `[1,"a",null]`: true, `{"0":1,"5":2}`: true,
		`{}`: false, `{"a":1}`: false, `{"0":{}}`: false, `[[]]`: false, `[{}]`: false, `{"00":1}`: false, `{"-1":1}`: false} {
		if v, ok, err := ParseValues([]byte(raw)); err != nil || ok != want {
			t.Errorf("%s: %+v, %v, %v", raw, v, ok, err)
		}
	}
	if _, ok, err := ParseValues(nil); err == nil || ok {
		t.Error("nothing is no value")
	}
}

func TestClaimsText(t *testing.T) {
	a, err := ParseAttributes([]byte(`{"uid":7,"name":"","admin":true,"roles":["a"],"p":{"q":"r"}}`))
	if err != nil {
		t.Fatal(err)
	}
	c := &Claims{Attributes: a}
	for path, want := range map[string]string{"uid": "7", "p.q": "r", "name": "", "admin": "", "roles": "", "p": "", "none": ""} {
		if got, ok := c.Text(path); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v, want %q", path, got, ok, want)
		}
	}
	if _, ok := (*Claims)(nil).Text("uid"); ok {
		t.Error("a connection without claims has no texts")
	}
}

func FuzzParseAttributes(f *testing.F) {
	for _, s := range []string{`{}`, `[]`, `{"a":{"b":[1,"x",null]},"a.b":{"0":1,"2":3}}`, `{"a":{"b":{"c":{"d":1e3}}},"":{"":0}}`, `{"\u0061":"\ud800","a":1}`, `[ x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, custom []byte) {
		a, err := ParseAttributes(custom)
		if err != nil {
			if code := AsError(err).Code; code != CodeUnauthorized && code != CodeBadRequest {
				t.Fatalf("%q: %v", custom, err)
			}
			return
		}
		if len(a) > maxAttributes || !sort.SliceIsSorted(a, func(i, j int) bool { return a[i].Path < a[j].Path }) {
			t.Fatalf("%q: %v", custom, a)
		}
		for i, attribute := range a {
			if i > 0 && a[i-1].Path == attribute.Path {
				t.Fatalf("%q: %q stands twice", custom, attribute.Path)
			}
			if attribute.Leaf && !attribute.Has.List && len(attribute.Has.Values) != 1 {
				t.Fatalf("%q: %+v", custom, attribute)
			}
			if got, ok := a.Lookup(attribute.Path); ok != attribute.Leaf || ok && !slices.Equal(got.Values, attribute.Has.Values) {
				t.Fatalf("%q: %q is not found", custom, attribute.Path)
			}
		}
	})
}
