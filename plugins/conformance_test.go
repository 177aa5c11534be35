package plugins_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/driplet/driplet/core/plugin/plugintest"
)

// The AssemblyScript guest library speaks the ABI. The Go one is checked by
// plugintest itself.
func TestConformanceOfAssemblyScript(t *testing.T) {
	out := filepath.Join(t.TempDir(), "conformance.wasm")
	asc(t, "pdk/assemblyscript/conformance/index.ts", out)
	conform(t, out)
}

func TestConformanceOfRust(t *testing.T) {
	for name, options := range map[string][]string{"no_std": nil, "std": {"std"}} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "conformance.wasm")
			buildRust(t, "pdk/rust/driplet", out, "pdk/rust/conformance/main.rs", options...)
			conform(t, out)
		})
	}
}

func TestConformanceOfC(t *testing.T) {
	out := filepath.Join(t.TempDir(), "conformance.wasm")
	buildC(t, "pdk/c/driplet", out, "pdk/c/conformance/main.c")
	conform(t, out)
}

func conform(t *testing.T, file string) {
	t.Helper()
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	plugintest.Run(t, wasm)
	wholeNumbers(t, wasm)
}

// wholeNumbers sends those beyond 2^53, of which JavaScript has not all.
func wholeNumbers(t *testing.T, wasm []byte) {
	t.Helper()
	manifest, err := os.ReadFile("../core/plugin/plugintest/conformance/conformance.toml")
	if err != nil {
		t.Fatal(err)
	}
	const low, high = "-9223372036854775807", "9223372036854775807"
	wrong := object{"refusal": object{"code": "bad_request"}}
	var steps []object
	for number, expect := range map[string]object{
		high: {"answer": json.Number(high)}, low: {"answer": json.Number(low)}, "9007199254740993": {"answer": json.Number("9007199254740993")},
		"1000000000000000000": {"answer": json.Number("1000000000000000000")}, "-999999999999999999": {"answer": json.Number("-999999999999999999")},
		"9223372036854775808": wrong, "-9223372036854775809": wrong, "9999999999999999999": wrong, "18446744073709551616": wrong, "99999999999999999999": wrong,
	} {
		data := json.RawMessage(`{"as": "integer", "path": "v", "low": ` + low + `, "high": ` + high + `, "v": ` + number + `}`)
		steps = append(steps, object{"event": object{"event": "conformance.field", "data": data}, "expect": expect})
	}
	src, err := json.Marshal(object{"steps": steps})
	if err != nil {
		t.Fatal(err)
	}
	source := fstest.MapFS{"conformance.toml": {Data: manifest}, "conformance.wasm": {Data: wasm}}
	if err := plugintest.RunCase(t.Context(), source, "conformance", src, t.TempDir()); err != nil {
		t.Error(err)
	}
}
