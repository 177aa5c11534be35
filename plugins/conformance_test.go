package plugins_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/driplet/driplet/core/plugin/plugintest"
)

// The AssemblyScript guest library speaks the ABI. The Go one is checked by
// plugintest itself.
func TestConformanceOfAssemblyScript(t *testing.T) {
	if _, err := rebuilt(); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "conformance.wasm")
	cmd := exec.Command("node", "node_modules/assemblyscript/bin/asc.js", "pdk/assemblyscript/conformance/index.ts",
		"pdk/assemblyscript/driplet/exports.ts", "--config", "asconfig.json", "--outFile", out)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("asc: %v\n%s", err, text)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	plugintest.Run(t, wasm)
}
