package plugins_test

import (
	"os"
	"path/filepath"
	"testing"

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
}
