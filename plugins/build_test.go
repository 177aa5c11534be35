package plugins_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	pluginbuild "github.com/driplet/driplet/cmd/driplet/build"
)

// maxBundled is what a plugin in the binary may weigh.
const maxBundled = 64 << 10

// rebuilt runs build.sh once for all tests; it returns the folder with the
// wasm files. The compiler is in node_modules afterwards.
var rebuilt = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "driplet-plugins-")
	if err != nil {
		return "", err
	}
	builtInto = dir
	out, err := exec.Command("sh", "build.sh", dir).CombinedOutput()
	if err != nil {
		return dir, &buildError{err, out}
	}
	return dir, nil
})

// builtInto is what TestMain removes; empty: build.sh was not run.
var builtInto string

type buildError struct {
	err    error
	output []byte
}

func (e *buildError) Error() string {
	return "build.sh (it needs Node 20 or newer, npm and the npm registry): " + e.err.Error() + "\n" + string(e.output)
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, dir := range []string{builtInto, guideFolder} {
		if dir != "" {
			os.RemoveAll(dir)
		}
	}
	os.Exit(code)
}

// The committed wasm is what its sources and the pinned compiler give, byte for
// byte, and small.
func TestRebuild(t *testing.T) {
	dir, err := rebuilt()
	if err != nil {
		t.Fatal(err)
	}
	for name, folder := range map[string]string{"chat": "chat", "analytics": "analytics", "moodle": "moodle", "adapter": "pdk/javascript"} {
		committed, err := os.ReadFile(filepath.Join(folder, name+".wasm"))
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := os.ReadFile(filepath.Join(dir, name+".wasm"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(committed, fresh) {
			t.Errorf("%s.wasm (%d bytes) is not what build.sh makes of its sources (%d bytes): run plugins/build.sh and commit the result", name, len(committed), len(fresh))
		}
		if len(committed) >= maxBundled {
			t.Errorf("%s.wasm has %d bytes, the limit is %d", name, len(committed), maxBundled)
		}
	}
}

// 'driplet plugin build' takes a bundled plugin for what it is, and makes the
// same of it.
func TestBuildOfABundledPlugin(t *testing.T) {
	if _, err := rebuilt(); err != nil { // for the compiler
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "moodle.wasm")
	built, err := pluginbuild.Run(t.Context(), pluginbuild.Options{Dir: "moodle", Name: "moodle", Out: out, Env: os.Environ(), Output: io.Discard})
	if err != nil || built.Language != "assemblyscript" {
		t.Fatalf("%+v, %v", built, err)
	}
	fresh, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if committed, err := os.ReadFile("moodle/moodle.wasm"); err != nil || !bytes.Equal(committed, fresh) {
		t.Errorf("%d bytes, not those that are committed: %v", len(fresh), err)
	}
}

// buildGo builds the Go plugin in source into folder/name.wasm.
func buildGo(t testing.TB, source, out string) {
	t.Helper()
	out, err := filepath.Abs(out)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-o", out, ".")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOWORK=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build in %s: %v\n%s", source, err, text)
	}
}

// buildByCommand builds a plugin as 'driplet plugin build' does, with the pinned
// compiler for AssemblyScript.
func buildByCommand(t *testing.T, dir, name string) {
	t.Helper()
	if _, err := rebuilt(); err != nil {
		t.Fatal(err)
	}
	modules, err := filepath.Abs("node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	_, err = pluginbuild.Run(t.Context(), pluginbuild.Options{
		Dir: dir, Name: name, Out: filepath.Join(dir, name+".wasm"), Env: append(os.Environ(), "GOWORK=off"), Output: &out,
	})
	if err != nil || out.Len() > 0 {
		t.Fatalf("%v\n%s", err, &out)
	}
}

// asc builds a plugin that lies in this folder with the pinned compiler.
func asc(tb testing.TB, source, out string) {
	tb.Helper()
	if _, err := rebuilt(); err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command("node", "node_modules/assemblyscript/bin/asc.js", source, "pdk/assemblyscript/driplet/exports.ts", "--config", "asconfig.json", "--outFile", out)
	if text, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("asc: %v\n%s", err, text)
	}
}
