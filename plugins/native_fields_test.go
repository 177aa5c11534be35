package plugins_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/driplet/driplet/core/plugin/plugintest"
)

// fieldsCases is what testdata/native/fields.* must do, in each language alike.
// What is expected to fail, a runner of cases reports as a failed plugin.
func fieldsCases() map[string][]object {
	bad := func(message string) object {
		return object{"refusal": object{"code": "bad_request", "message": message}, "effects": []any{}}
	}
	failed := object{"refusal": object{"code": "plugin_failed"}, "effects": []any{}}
	step := func(event string, data any, expect object) object {
		return object{"event": object{"event": "fields." + event, "data": data}, "expect": expect}
	}
	read := func(expect object, change object) object {
		data := object{"s": "abc", "so": "d", "id": 12, "n": -5, "no": 9}
		for k, v := range change {
			data[k] = v
		}
		return step("read", data, expect)
	}
	answer := func(v any) object { return object{"answer": v} }
	long := strings.Repeat("0123456789", 40000)
	again := make([]object, 40) // of 400 KB each, in 2 MiB of memory
	for i := range again {
		again[i] = step("size", object{"key": "long"}, answer(len(long)))
	}
	return map[string][]object{
		"fields": {
			read(answer(object{"string": "abc", "string_or": "d", "id": "12", "integer": -5, "integer_or": 9}), nil),
			read(answer(object{"string": "äé€", "string_or": "fall", "id": "x", "integer": 5, "integer_or": 7}), object{"s": "äé€", "so": nil, "id": "x", "n": 5, "no": nil}),
			read(answer(object{"string": "😀a", "string_or": "fall", "id": "12", "integer": -5, "integer_or": 9}), object{"s": "😀a", "so": ""}),
			read(bad("s must be a string"), object{"s": 5}),
			read(bad("s must not be empty"), object{"s": ""}),
			read(bad("s has 4 characters, the limit is 3"), object{"s": "😀😀"}),
			read(bad("so must be a string"), object{"so": []int{1}}),
			read(bad("so has 4 characters, the limit is 3"), object{"so": "abcd"}),
			read(bad("id must be a string or a number"), object{"id": true}),
			read(bad("id has 4 characters, the limit is 3"), object{"id": 1234}),
			read(bad("n must be a whole number from -5 to 5"), object{"n": 6}),
			read(bad("n must be a whole number from -5 to 5"), object{"n": 1.5}),
			read(bad("n must be a whole number from -5 to 5"), object{"n": "1"}),
			read(bad("no must be a whole number from 0 to 9"), object{"no": 10}),
			read(bad("s must be a string"), object{"s": nil, "n": 6}),
		},
		"lists": {
			step("lists", object{"list": []any{}}, answer(object{"items": []any{}, "texts": []any{}})),
			step("lists", object{"list": "one"}, answer(object{"items": []any{}, "texts": []any{"one"}})),
			step("lists", object{"list": []any{"a,\"]\\", 1, []any{2, []any{}}, object{"k": "}"}, nil, ""}},
				answer(object{"items": []any{"a,\"]\\", 1, []any{2, []any{}}, object{"k": "}"}, nil, ""}, "texts": []any{"a,\"]\\", "1", ""}})),
		},
		"patterns": {
			step("some.a", nil, answer("some fields.some.a")),
			step("some.more.a", nil, answer("more fields.some.more.a")),
			step("none", nil, object{"refusal": object{"code": "no_handler", "message": "no handler for the event fields.none"}}),
		},
		"memory": append(again,
			step("grow", object{"n": 10000}, answer(48891)),
			step("grow", object{"n": 10000}, answer(48891)),
			step("grow", object{"n": 1000000}, failed), // more than there is
			step("grow", object{"n": 10}, answer(21))),
		"mistakes": {
			step("wrong", nil, failed),
			step("some.a", nil, answer("some fields.some.a")),
		},
		"denied": {
			step("denied", nil, failed),
			step("some.a", nil, answer("some fields.some.a")),
		},
	}
}

// unindexed are the same steps with so much data that it comes without an
// index: each field is a call of the host.
func unindexed(steps []object) (out []object) {
	for _, s := range steps {
		data := object{"pad": strings.Repeat("x", 5000)}
		for k, v := range s["event"].(object)["data"].(object) {
			data[k] = v
		}
		out = append(out, object{"event": object{"event": s["event"].(object)["event"], "data": data}, "expect": s["expect"]})
	}
	return out
}

// What the libraries in C and Rust offer beyond the conformance suite.
func TestNativeFields(t *testing.T) {
	manifest, err := os.ReadFile("testdata/native/fields.toml")
	if err != nil {
		t.Fatal(err)
	}
	for lang, c := range map[string]struct {
		compile func(t *testing.T, out string)
		traps   map[string]string // the library's own words at the one step of a case that traps
	}{
		"c": {
			func(t *testing.T, out string) { buildC(t, "pdk/c/driplet", out, "testdata/native/fields.c") },
			map[string]string{"memory": "out of memory: raise memory", "mistakes": "dr_set takes an object", "denied": "dr_publish(other): denied"},
		},
		"rust": { // where a call that the host refused is an error, and no trap
			func(t *testing.T, out string) { buildRust(t, "pdk/rust/driplet", out, "testdata/native/fields.rs") },
			map[string]string{"memory": "out of memory: raise memory", "mistakes": "set is for an object()"},
		},
	} {
		t.Run(lang, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "fields.wasm")
			c.compile(t, out)
			wasm, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			source := fstest.MapFS{"fields.toml": {Data: manifest}, "fields.wasm": {Data: wasm}}
			cache := t.TempDir()
			cases := fieldsCases()
			for _, name := range []string{"fields", "lists"} {
				cases[name+" without an index"] = unindexed(cases[name])
			}
			for name, steps := range cases {
				src, err := json.Marshal(object{"kv": object{"long": strings.Repeat("0123456789", 40000)}, "steps": steps})
				if err != nil {
					t.Fatal(err)
				}
				var got string
				if err := plugintest.RunCase(t.Context(), source, "fields", src, cache); err != nil {
					got = err.Error()
				}
				words := c.traps[name]
				if n := min(len(words), 1); strings.Count(got, "step ") != n || strings.Count(got, "; it ran ") != n || !strings.Contains(got, words) {
					t.Errorf("%s: a trap with %q wanted, got %q", name, words, got)
				}
			}
		})
	}
}
