package plugins_test

import (
	"os"
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
	source, dir := "examples/filter", t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	asc(t, filepath.Join(source, "index.ts"), filepath.Join(dir, "filter.wasm"))
	plugintest.RunCases(t, dir, "filter")
}
