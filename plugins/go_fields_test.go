package plugins_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/driplet/driplet/core/plugin/plugintest"
)

// What the library in Go offers beyond the conformance suite. It writes eight
// bytes of a text at a time: so texts of every length, with what is odd at every
// place.
func TestFieldsOfGo(t *testing.T) {
	out := filepath.Join(t.TempDir(), "fields.wasm")
	buildGo(t, "testdata/go", out)
	wasm, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	step := func(event string, data, answer any) object {
		return object{"event": object{"event": "fields." + event, "data": data}, "expect": object{"answer": answer}}
	}
	failed := func(what, why string) object {
		return object{"event": object{"event": "fields.odd", "data": what}, "expect": object{"refusal": object{"code": "plugin_failed"}, "logs": []string{why}}}
	}
	var texts []object
	for n := range 20 {
		var all []string
		var objects []object
		for at := range n {
			for _, odd := range []string{"\"", "\\", "\n", "\t", "\x00", "\x1f", "\x7f", "é", "€", "😀", "\uFFFD"} {
				all = append(all, strings.Repeat("a", at)+odd+strings.Repeat("z", n-at-1))
			}
		}
		all = append(all, strings.Repeat("x", n), strings.Repeat("\"", n), strings.Repeat("ü", n), strings.Repeat("\x01", n), strings.Repeat("\\é", n))
		for _, s := range all {
			objects = append(objects, object{s: s})
		}
		texts = append(texts, step("texts", all, object{"objects": objects, "fields": objects}))
	}
	var members []object
	for _, data := range []string{
		`{}`, `[]`, `null`, `"a"`, `{"a":1}`, `{"a":"x","a":"y"}`, `{"a":null,"b":true,"c":false,"d":-1.5e3,"n":7,"z":""}`, `{"":5,"a":{"":6}}`, `{".":1,"a.b":2,"a":{"b":3},"a.":4,".a":5}`,
		`{"a":{"b":{"c":1},"b.c":2},"a.b":"x"}`, `{"o":{"x":{"y":"z"},"x.y":"w"},"l":["p",2],"o.x":1}`, `{ "12345678" : "8" , "123456789":"9","1234567é":"e" }`, `{"1234567":"7","12345679":"8","123456780":"9"}`,
		`{"a":"\"\\\n\u00e9 and more","b":"\ud83d\ude00"}`, `{"a\u0022b":1,"a":2}`, `{"\u0061":1}`, `{"a":"` + strings.Repeat("x", 4100) + `"}`, `{"a":"` + strings.Repeat("x", 3000) + `","b":"` + strings.Repeat("\\n", 300) + `"}`,
		`{"q1":1,"q2":1,"q3":1,"q4":1,"q5":1,"q6":1,"q7":1,"q8":1,"q9":1,"r1":1,"r2":1,"r3":1,"r4":1,"a":"x","b":2,"c":3}`, `{"q1":1,"q2":1,"q3":1,"q4":1,"q5":1,"q6":1,"q7":1,"q8":1,"q9":1,"r1":1,"r2":1,"r3":1,"r4":1,"a":"x","b":2,"c":3,"d":4}`,
	} {
		members = append(members, step("members", json.RawMessage(data), []any{}))
	}
	var numbers []any
	for n := int64(1); n > 0 && n < math.MaxInt64/10; n *= 10 {
		numbers = append(numbers, n, n-1, n+1, -n, 99*(n/10), n*5)
	}
	cases, cache := fieldsCases(), t.TempDir()
	manyMade := object{"early": object{"made": "early"}, "all": []object{}}
	for i := range 1000 {
		manyMade["all"] = append(manyMade["all"].([]object), object{"i": i})
	}
	own := object{"op": "publish", "topic": "fields.t", "data": object{"own": 1}}
	long := strings.Repeat("0123456789", 500)
	broken := "0123456789\uFFFD\"é\uFFFD"
	kept := func(n int, before []string) object {
		return object{"event": object{"event": "fields.kept", "session": fmt.Sprint("s", n), "user": fmt.Sprint(n), "data": object{"text": fmt.Sprint(n, long)}}, "expect": object{"answer": before}}
	}
	for name, steps := range map[string][]object{
		"fields": cases["fields"], "lists": cases["lists"], "patterns": cases["patterns"],
		"texts":   texts,
		"members": members,
		"numbers": {step("numbers", append(numbers, 0, math.MinInt64, math.MaxInt64, 1.5, -0.25, 1e300), append(numbers, 0, math.MinInt64, math.MaxInt64, 1.5, -0.25, 1e300))},
		"kinds": {{"event": object{"event": "fields.kinds"}, "expect": object{"effects": []object{own, own, own}, "answer": []any{
			object{}, []any{}, nil, object{"a": 1}, object{"k": 0, "i": 1, "e": 2, "c": 3, "a": 4, "b": 5, "d": 6, "j": 7, "f": 8, "g": 9, "h": 10},
			object{"nil": nil, "bool": true, "i": 1, "i32": -2, "i64": math.MinInt64, "u32": uint32(math.MaxUint32), "u64": uint64(math.MaxUint64),
				"i8": -128, "i16": -32768, "u8": 255, "u16": 65535, "u": 7, "f32": 0.1},
			"own", object{"own": "own", "x": 1},
			object{"nil": nil, "bool": false, "i": -1, "i32": 2, "u32": 7, "u64": uint64(1 << 63), "float": 1.5, "value": []int{1}, "object": object{"b": 1, "a": object{"c": "d"}},
				"list": []any{1, "2"}, "texts": []string{"a", "b"}, "fields": object{"own": object{"own": "own"}}},
		}}}},
		"odd": {
			step("odd", "utf8", []any{broken, object{broken: broken}, object{broken: broken}}),
			failed("infinite", "driplet: JSON has no number -Inf"),
			failed("type", "driplet: cannot write *[]string as JSON: use Object, List, Value or Fields, or Value(b) of what json.Marshal makes of it"),
			failed("field", "driplet: cannot write main.own as a field: put it into an Object or a List"),
			{"event": object{"event": "fields.odd", "data": "refusal"}, "expect": object{"refusal": object{"code": "fields.odd", "message": "odd"}}},
			step("twice", nil, "second"),
		},
		"floats": {step("floats", nil, []string{"0", "1000000", "-1234567.5", "100000000000000000000", "1e+21", "-1e+300", "0.000001", "1e-07", "0.1", "16777216"})},
		"unset":  {step("unset", nil, "yes")},
		"cas":    {step("cas", nil, []bool{true, true, true})},
		"lifetimes": {{"event": object{"event": "fields.lifetimes"}, "expect": object{"answer": nil, "effects": []object{
			{"op": "kv_set", "key": "0", "value": "x"}, {"op": "kv_set", "key": "1", "value": "x", "ttl": 1},
			{"op": "kv_set", "key": "2", "value": "x", "ttl": 2}, {"op": "kv_set", "key": "3", "value": "x", "ttl": 3600_000},
		}}}},
		"made": {step("made", nil, manyMade), step("made", nil, manyMade), step("made", nil, manyMade)},
		"kept": {kept(1, []string{}), kept(2, []string{}), kept(3, []string{"1", "s1", "fields.kept", "1" + long}), kept(4, []string{"2", "s2", "fields.kept", "2" + long})},
	} {
		t.Run(name, func(t *testing.T) {
			src, err := json.Marshal(object{"steps": steps})
			if err != nil {
				t.Fatal(err)
			}
			source := fstest.MapFS{"fields.toml": {Data: []byte(fieldsManifest)}, "fields.wasm": {Data: wasm}}
			if err := plugintest.RunCase(t.Context(), source, "fields", src, cache); err != nil {
				t.Error(err)
			}
		})
	}
}
