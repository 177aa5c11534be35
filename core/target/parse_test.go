package target

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
)

func number(t testing.TB, text string) core.Value {
	v, err := core.NumberValue(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestParseEverybody(t *testing.T) {
	for _, raw := range []string{"", " \n", "null", " null ", "{}", " { } ", "[]", "[\t]"} {
		if got, err := Parse([]byte(raw)); got != nil || err != nil {
			t.Errorf("%q: %v, %v, want everybody", raw, got, err)
		}
	}
}

func TestParse(t *testing.T) {
	s := core.StringValue
	for raw, want := range map[string]core.Target{
		`{"include":{}}`:              {},
		`{"include":[],"exclude":[]}`: {},
		`{"include":{"role":"admin"}}`: {Include: []core.Condition{
			{Path: "role", Want: core.Values{Values: []core.Value{s("admin")}}}}},
		`{"exclude" : { "uid" : [ 5, "5", 5.0, -0.50 ] } }`: {Exclude: []core.Condition{
			{Path: "uid", Want: core.Values{List: true, Values: []core.Value{s("5"), s("5"), s("5"), s("-0.5")}}}}},
		`{"all":{"a":true,"b.c":false,"d":null,"e":[]}}`: {All: []core.Condition{
			{Path: "a", Want: core.Values{Values: []core.Value{core.ValueTrue}}},
			{Path: "b.c", Want: core.Values{Values: []core.Value{core.ValueFalse}}},
			{Path: "d", Want: core.Values{Values: []core.Value{core.ValueNull}}},
			{Path: "e", Want: core.Values{List: true}}}},
		`{"include":{"a\n\"\u00e9":"\ud83d\ude00\\"}}`: {Include: []core.Condition{
			{Path: "a\n\"é", Want: core.Values{Values: []core.Value{s("😀\\")}}}}},
		`{"include":{"r":{"10":"c","0":"a","3":null}}}`: {Include: []core.Condition{
			{Path: "r", Want: core.Values{List: true, Values: []core.Value{s("a"), core.ValueNull, s("c")}}}}},
		`{"include":{"a":1},"exclude":{"a":2},"all":{"a":3}}`: {
			Include: []core.Condition{{Path: "a", Want: core.Values{Values: []core.Value{number(t, "1")}}}},
			Exclude: []core.Condition{{Path: "a", Want: core.Values{Values: []core.Value{number(t, "2")}}}},
			All:     []core.Condition{{Path: "a", Want: core.Values{Values: []core.Value{number(t, "3")}}}}},
	} {
		got, err := Parse([]byte(raw))
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		compact, _ := core.CompactJSON(nil, []byte(raw))
		if want.Raw = compact; !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: %+v, want %+v", raw, *got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	digits := strings.Repeat("1", core.MaxNumberDigits+1)
	for raw, text := range map[string]string{
		`"admin"`:                                "must be an object with include, exclude or all, not a string",
		`["admin"]`:                              "not a list",
		`[{}]`:                                   "not a list",
		`5`:                                      "not a number",
		`true`:                                   "not a boolean",
		`{"includes":{"a":1}}`:                   `unknown key "includes"`,
		`{"Include":{"a":1}}`:                    `unknown key "Include"`,
		`{"":1}`:                                 "unknown key",
		`{"include":{"a":1},"include":{}}`:       "include twice",
		`{"exclude":{},"\u0065xclude":{}}`:       "exclude twice",
		`{"include":null}`:                       "target.include must be an object of rules, path: value, not null",
		`{"include":"a"}`:                        "not a string",
		`{"include":[1]}`:                        "not a list",
		`{"exclude":[[]]}`:                       "not a list",
		`{"include":{"":1}}`:                     "without a path",
		`{"exclude":{"a":1,"a":2}}`:              `target.exclude, path "a": the path stands twice`,
		`{"exclude":{"a":1,"\u0061":2}}`:         "stands twice",
		`{"include":{"user":{"id":5}}}`:          `target.include, path "user": a value must be a scalar or a list of scalars, not an object`,
		`{"include":{"a":{}}}`:                   "not {}",
		`{"include":{"a":{"-1":1}}}`:             "not an object",
		`{"include":{"a":{"01":1}}}`:             "not an object",
		`{"include":{"a":{"0":1,"x":2}}}`:        "not an object",
		`{"include":{"a":{"0":[1]}}}`:            "scalars only, not a list",
		`{"exclude":{"a":{"0":"a","0":"b"}}}`:    "key 0 stands twice",
		`{"include":{"a":[[1]]}}`:                "scalars only, not a list",
		`{"include":{"a":[{"0":1}]}}`:            "scalars only, not an object",
		`{"include":{"a":` + digits + `}}`:       "more than 40 digits: send it as a string",
		`{"include":{"a":[1e40]}}`:               "more than 40 digits",
		`{"include":{"a":1`:                      "not valid JSON",
		`{"include":{"a":01}}`:                   "not valid JSON",
		`{"include":{"a":1}} {}`:                 "not valid JSON",
		"{\"include\":{\"a\":\"\xff\"}}":         "UTF-8",
		strings.Repeat("[", 100_000):             "nested deeper than 128",
		strings.Repeat(`{"include":`, 90_000):    "nested deeper than 128",
		`{"include":{"a":` + list(10_001) + `}}`: "more than 10000 values",
		`{"include":` + rules(60) + `,"exclude":` + rules(41) + `}`: "more than 100 rules",
	} {
		got, err := Parse([]byte(raw))
		if e := core.AsError(err); err == nil || e.Code != core.CodeBadRequest || !strings.Contains(e.Message, text) {
			t.Errorf("%.80s: %v, %v, want bad_request with %q", raw, got, err, text)
		}
	}
	_, err := Parse(make([]byte, core.MaxBodyBytes+1))
	if core.AsError(err).Code != core.CodeTooLarge {
		t.Errorf("got %v, want too_large", err)
	}
}

func TestParseTakesTheLimits(t *testing.T) {
	for _, raw := range []string{`{"include":{"a":` + list(maxValues) + `}}`, `{"include":` + rules(60) + `,"exclude":` + rules(40) + `}`} {
		if _, err := Parse([]byte(raw)); err != nil {
			t.Errorf("%.60s: %v", raw, err)
		}
	}
}

func list(n int) string { return "[" + strings.Repeat("1,", n-1) + "1]" }

func rules(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"p%d":1`, i)
	}
	return "{" + b.String()[1:] + "}"
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "null", "[]", `{"include":{"role":["admin",5,1.5e3,true,null]},"exclude":{"a.b":{"0":"x","7":"y"}},"all":{"c":[]}}`,
		`{"include":{"a":1,"a":2}}`, `{"include":{"\u0061":"\ud800"}}`, `{"x":[{"y":["]"]}]}`, `{"include":[]}`, `{"all":{"n":1e-39}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := Parse(raw)
		if err != nil {
			if code := core.AsError(err).Code; got != nil || code != core.CodeBadRequest && code != core.CodeTooLarge {
				t.Fatalf("%q: %v, %v", raw, got, err)
			}
			return
		}
		if got == nil {
			return
		}
		again, err := Parse(got.Raw)
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Fatalf("%q: its own text reads as %+v, %v, not as %+v", raw, again, err, got)
		}
		Compile(got).Admits(&core.Claims{Attributes: core.Attributes{{Path: "a", Leaf: true, Has: core.Values{Values: []core.Value{core.ValueNull}}}}})
	})
}

func BenchmarkParse(b *testing.B) {
	raw := []byte(`{"include":{"role":["editor","admin"]},"exclude":{"uid":12345}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
}
