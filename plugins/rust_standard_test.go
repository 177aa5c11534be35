package plugins_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/driplet/driplet/core/plugin/plugintest"
)

// What the standard library's types can do in a plugin in Rust, and how its
// panics look.
func TestStandardLibraryOfRust(t *testing.T) {
	out := filepath.Join(t.TempDir(), "fields.wasm")
	buildRust(t, "pdk/rust/driplet", out, "testdata/native/standard.rs", "std")
	wasm, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	step := func(event string, data any, expect object) object {
		return object{"event": object{"event": "fields." + event, "data": data}, "expect": expect}
	}
	const bad = "kv::set: a bad argument: broken JSON, a name that is empty or too long, or a value or number out of its range"
	source, cache := fstest.MapFS{"fields.toml": {Data: []byte(fieldsManifest)}, "fields.wasm": {Data: wasm}}, t.TempDir()
	for name, s := range map[string]object{
		"written": step("written", nil, object{"answer": object{
			"string": "1-2", "vec": []any{"a", nil}, "slice": []int{1, 2}, "array": []bool{true, false}, "cow": "c", "box": 5,
			"u64": json.Number("18446744073709551615"), "small": 7, "edge": json.Number("9223372036854775808"), "f32": 0.1, "nested": []any{[]int{}, []int{1}},
		}}),
		"shown":  step("shown", object{"n": 5}, object{"answer": []string{`"a\"b"`, `{"n":5} 5`, `{"a":1}`, bad + " | -3", `{"code":"fields.no","message":"no"}`}}),
		"floats": step("floats", nil, object{"answer": []string{"0", "1000000", "-1234567.5", "100000000000000000000", "1e21", "-1e300", "0.000001", "1e-7", "null", "0.1", "16777216"}}),
		"keys":   step("keys", object{"words": []string{"b", "a", "b"}}, object{"answer": object{"b": 2, "none": nil, "sorted": []string{"a1", "b2"}}}),
		"boxed":  step("boxed", nil, object{"refusal": object{"code": "plugin_failed"}, "logs": []string{bad}}),
		// Nobody's folders are in the module.
		"panics": step("panics", nil, object{"failure": "panicked at 'as asked', standard.rs:15:28;"}),
		"unwrap": step("unwrap", nil, object{"failure": "panicked at 'called `Result::unwrap()` on an `Err` value: Errno { code: -3, call: \"kv::set\" }', standard.rs:16:60;"}),
	} {
		t.Run(name, func(t *testing.T) {
			src, err := json.Marshal(object{"steps": []object{s}})
			if err != nil {
				t.Fatal(err)
			}
			if err := plugintest.RunCase(t.Context(), source, "fields", src, cache); err != nil {
				t.Error(err)
			}
		})
	}
}
