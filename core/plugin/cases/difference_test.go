package cases

import (
	"fmt"
	"strings"
	"testing"
)

func TestDifferences(t *testing.T) {
	for _, c := range []struct{ want, got, differences string }{
		{`{"a":1,"b":[1,2]}`, `{"b":[1,2],"a":1.0}`, ``},
		{`{"a":"<any>"}`, `{"a":{"x":1}}`, ``},
		{`1`, `2`, `x: 1, 2`},
		{`{"a":1}`, `{"a":2,"b c":3}`, `x.a: 1, 2; x["b c"]: nothing, 3`},
		{`{"a":1}`, `null`, `x: {"a":1}, null`},
		{`{"a":{"b":{"c":1}}}`, `{"a":{"b":{}}}`, `x.a.b.c: 1, nothing`},
		{`[1,2,3]`, `[1,3]`, `x[1]: 2, nothing`},
		{`[1,3]`, `[1,2,3]`, `x[1]: nothing, 2`},
		{`[{"op":"a"},{"op":"b","v":1}]`, `[{"op":"z"},{"op":"b","v":2}]`, `x[0].op: "a", "z"; x[1].v: 1, 2`},
		{`[]`, `["<b>"]`, `x[0]: nothing, "<b>"`},
		{`["<any>",2]`, `[1,2,3]`, `x[2]: nothing, 3`},
	} {
		var got []string
		for _, d := range differences("x", plain([]byte(c.want)), plain([]byte(c.got))) {
			got = append(got, fmt.Sprintf("%s: %s, %s", d.Path, d.Want, d.Got))
		}
		if text := strings.Join(got, "; "); text != c.differences {
			t.Errorf("%s, %s:\n got  %s\n want %s", c.want, c.got, text, c.differences)
		}
	}
	long := "[" + strings.TrimSuffix(strings.Repeat("1,", most+5), ",") + "]"
	if n := len(differences("x", plain([]byte(long)), plain([]byte(`[1,2]`)))); n != most+4 {
		t.Errorf("of long lists %d places differ", n)
	}
}

func FuzzDifferences(f *testing.F) {
	f.Add([]byte(`{"a":[1,2,{"b":"<any>"}]}`), []byte(`{"a":[2,{"b":1}]}`))
	f.Add([]byte(`[[],{}]`), []byte(`[null]`))
	f.Fuzz(func(t *testing.T, want, got []byte) {
		w, g := plain(want), plain(got)
		if d := differences("", w, g); (len(d) == 0) != matches(w, g) {
			t.Errorf("%s, %s: %v", want, got, d)
		}
	})
}
