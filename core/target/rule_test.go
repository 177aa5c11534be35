package target

import (
	"fmt"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
)

func claims(t testing.TB, custom string) *core.Claims {
	t.Helper()
	a, err := core.ParseAttributes([]byte(custom))
	if err != nil {
		t.Fatal(err)
	}
	return &core.Claims{Attributes: a}
}

func rule(t testing.TB, target string) *Rule {
	t.Helper()
	parsed, err := Parse([]byte(target))
	if err != nil {
		t.Fatal(err)
	}
	return Compile(parsed)
}

func TestAdmits(t *testing.T) {
	for _, c := range []struct {
		custom, target string
		want           bool
	}{
		// Order of the rules.
		{`{"role":"a"}`, `{"include":{"role":"a"}}`, true},
		{`{"role":"b"}`, `{"include":{"role":"a"}}`, false},
		{`{"role":"b","uid":1}`, `{"include":{"role":"a","uid":1}}`, true},
		{`{"role":"a","uid":1}`, `{"include":{"role":"a"},"exclude":{"uid":1}}`, false},
		{`{"role":"a","uid":1}`, `{"include":{"role":"a"},"exclude":{"uid":2}}`, true},
		{`{"role":"a","uid":1}`, `{"exclude":{"uid":1,"x":1}}`, false},
		{`{"role":"a"}`, `{"exclude":{"uid":1}}`, true},
		{`{"role":"a","uid":1}`, `{"all":{"role":"a","uid":1}}`, true},
		{`{"role":"a","uid":1}`, `{"all":{"role":"a","uid":2}}`, false},
		{`{"role":"a","uid":1}`, `{"all":{"role":"a"},"include":{"uid":2}}`, false},
		{`{"role":"a","uid":1}`, `{"all":{"role":"a"},"include":{"uid":1},"exclude":{"role":"a"}}`, false},
		// Everybody, with and without a target.
		{`{}`, `null`, true},
		{`{"role":"a"}`, `{"include":{}}`, true},
		{`{"role":"a"}`, `{"include":[],"exclude":[],"all":[]}`, true},
		// Who has nothing to be judged by.
		{`{}`, `{"include":{}}`, false},
		{`[]`, `{"exclude":{"uid":1}}`, false},
		{`null`, `{"include":{"a":null}}`, false},
		// Values.
		{`{"a":5}`, `{"include":{"a":5.0}}`, true},
		{`{"a":5}`, `{"include":{"a":"5"}}`, true},
		{`{"a":"5"}`, `{"include":{"a":50e-1}}`, true},
		{`{"a":5}`, `{"include":{"a":"5.0"}}`, false},
		{`{"a":"05"}`, `{"include":{"a":5}}`, false},
		{`{"a":9007199254740993}`, `{"include":{"a":9007199254740992}}`, false},
		{`{"a":true}`, `{"include":{"a":true}}`, true},
		{`{"a":true}`, `{"include":{"a":"true"}}`, false},
		{`{"a":false}`, `{"include":{"a":0}}`, false},
		{`{"a":null}`, `{"include":{"a":null}}`, true},
		{`{"b":1}`, `{"include":{"a":null}}`, false},
		{`{"a":"null"}`, `{"include":{"a":null}}`, false},
		{`{"a":""}`, `{"include":{"a":""}}`, true},
		{`{"a":""}`, `{"include":{"a":[]}}`, false},
		{`{"a":"e\u0301"}`, `{"include":{"a":"\u00e9"}}`, false}, // composed or not: bytes
		// Lists.
		{`{"a":["x","y"]}`, `{"include":{"a":"y"}}`, true},
		{`{"a":"y"}`, `{"include":{"a":["x","y"]}}`, true},
		{`{"a":["x","y"]}`, `{"include":{"a":["y","z"]}}`, true},
		{`{"a":["x"]}`, `{"include":{"a":["y","z"]}}`, false},
		{`{"a":[]}`, `{"include":{"a":[]}}`, true},
		{`{"a":["x"]}`, `{"include":{"a":[]}}`, false},
		{`{"a":[]}`, `{"include":{"a":["x"]}}`, false},
		{`{"a":[]}`, `{"include":{"a":null}}`, false},
		{`{"a":"x"}`, `{"exclude":{"a":[]}}`, true},
		{`{"a":[null]}`, `{"include":{"a":null}}`, true},
		{`{"a":{"0":"x","3":"y"}}`, `{"include":{"a":"y"}}`, true},
		// Paths.
		{`{"p":{"city":"Brno"}}`, `{"include":{"p.city":"Brno"}}`, true},
		{`{"p.city":"Praha","p":{"city":"Brno"}}`, `{"include":{"p.city":"Brno"}}`, false},
		{`{"p.city":"Praha","p":{"city":"Brno"}}`, `{"include":{"p.city":"Praha"}}`, true},
		{`{"p":{"city":"Brno"}}`, `{"include":{"p":"Brno"}}`, false},
		{`{"p":{}}`, `{"exclude":{"p":"x"}}`, true},
		{`{"p":[{"city":"Brno"}]}`, `{"include":{"p.city":"Brno"}}`, false},
		{`{"uid":1}`, `{"include":{"UID":1}}`, false},
		{`{"uid":1}`, `{"include":{"uid.x":1}}`, false},
	} {
		if got := rule(t, c.target).Admits(claims(t, c.custom)); got != c.want {
			t.Errorf("%s to %s: %v, want %v", c.target, c.custom, got, c.want)
		}
	}
}

func TestAdmitsWithoutClaims(t *testing.T) {
	if !Compile(nil).Admits(nil) {
		t.Error("a message without a target reaches everybody")
	}
	for _, target := range []string{`{"include":{}}`, `{"exclude":{"a":1}}`, `{"include":{"a":1}}`, `{"all":{"a":null}}`} {
		if rule(t, target).Admits(nil) {
			t.Errorf("%s reaches a connection without claims", target)
		}
	}
}

func TestAdmitsLongLists(t *testing.T) {
	var values []string
	for i := range 500 {
		values = append(values, fmt.Sprintf("%d", 499-i), `"x"`)
	}
	target := `{"include":{"uid":[` + strings.Join(values, ",") + `]}}`
	parsed, err := Parse([]byte(target))
	if err != nil {
		t.Fatal(err)
	}
	first := parsed.Include[0].Want.Values[0]
	r := Compile(parsed)
	if parsed.Include[0].Want.Values[0] != first {
		t.Error("compiling changed the target")
	}
	for custom, want := range map[string]bool{`{"uid":0}`: true, `{"uid":499}`: true, `{"uid":500}`: false, `{"uid":[700,250]}`: true, `{"uid":[]}`: false, `{"uid":null}`: false} {
		if r.Admits(claims(t, custom)) != want {
			t.Errorf("%s: want %v", custom, want)
		}
	}
}

func TestAdmitsAllocatesNothing(t *testing.T) {
	r, c := rule(t, benchTarget), claims(t, benchCustom)
	if n := testing.AllocsPerRun(100, func() { r.Admits(c) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

const (
	benchTarget = `{"include":{"role":["editor","admin"]},"exclude":{"uid":12345}}`
	benchCustom = `{"uid":12346,"role":"editor","team":"blue","plan":"pro"}`
)

func BenchmarkAdmits(b *testing.B) {
	r, c := rule(b, benchTarget), claims(b, benchCustom)
	b.ReportAllocs()
	for b.Loop() {
		r.Admits(c)
	}
}

func BenchmarkAdmits10kValues(b *testing.B) {
	r, c := rule(b, `{"include":{"uid":`+list(maxValues)+`}}`), claims(b, benchCustom)
	b.ReportAllocs()
	for b.Loop() {
		r.Admits(c)
	}
}
