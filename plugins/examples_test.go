package plugins_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/driplet/driplet/core/plugin/plugintest"
)

// The Go example builds, and does what its test cases say.
func TestGoExample(t *testing.T) {
	source, dir := "examples/moderation-go", t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	buildGo(t, source, filepath.Join(dir, "moderation.wasm"))
	plugintest.RunCases(t, dir, "moderation")
}

// The filter in AssemblyScript builds, and does what its test cases say.
func TestFilterExample(t *testing.T) {
	if _, err := rebuilt(); err != nil {
		t.Fatal(err)
	}
	source, dir := "examples/filter", t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "node_modules/assemblyscript/bin/asc.js", filepath.Join(source, "index.ts"),
		"pdk/assemblyscript/driplet/exports.ts", "--config", "asconfig.json", "--outFile", filepath.Join(dir, "filter.wasm"))
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("asc: %v\n%s", err, text)
	}
	plugintest.RunCases(t, dir, "filter")
}
