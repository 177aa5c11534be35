package plugins_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/driplet/driplet/cmd/driplet/build/javascript"
	"github.com/driplet/driplet/core/plugin/plugintest"
	"github.com/driplet/driplet/plugins"
)

// engine is where the lock file puts it.
const engine = "node_modules/quickjs-wasi/quickjs.wasm"

// buildJavaScript builds the plugin in source/entry.
func buildJavaScript(t testing.TB, source, entry string) []byte {
	t.Helper()
	if _, err := os.Stat(engine); err != nil {
		if _, err := rebuilt(); err != nil { // it installs what the lock file names
			t.Fatal(err)
		}
	}
	wasm, err := javascript.Engine(t.Context(), javascript.Source{File: engine})
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Abs(source)
	if err != nil {
		t.Fatal(err)
	}
	library, adapter := plugins.JavaScript()
	wasm, warnings, err := javascript.Build(javascript.Options{Dir: dir, Entry: entry, Engine: wasm, Library: library, Adapter: adapter})
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings: %q", warnings)
	}
	return wasm
}

func TestConformanceOfJavaScript(t *testing.T) {
	plugintest.Run(t, buildJavaScript(t, "pdk/javascript/conformance", "main.ts"))
}

// The library, its guest and the example have no error of types.
func TestTypesOfJavaScript(t *testing.T) {
	checkTypes(t, "pdk/javascript/tsconfig.json")
}

func checkTypes(t *testing.T, config string) {
	t.Helper()
	cmd := exec.Command("node", "../sdk/js/node_modules/typescript/bin/tsc", "-p", config)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("tsc: %v\n%s\nIf it is missing, run `make tools`.", err, text)
	}
}

// The example does what its test cases say.
func TestExampleInJavaScript(t *testing.T) {
	source, dir := "examples/moderation-js", t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "moderation.wasm"), buildJavaScript(t, source, "main.ts"), 0o600); err != nil {
		t.Fatal(err)
	}
	plugintest.RunCases(t, dir, "moderation")
}

// The module around a script is as small as its engine lets it be.
func TestSizeOfJavaScript(t *testing.T) {
	info, err := os.Stat(engine)
	if err != nil {
		t.Fatal(err)
	}
	wasm := buildJavaScript(t, "examples/moderation-js", "main.ts")
	if more := int64(len(wasm)) - info.Size(); more > 40<<10 {
		t.Errorf("the plugin is %d bytes larger than the engine", more)
	} else {
		t.Logf("%d bytes, %d more than the engine", len(wasm), more)
	}
}
