package plugins_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/driplet/driplet/core/plugin/plugintest"
)

// Debian's compiler: the one in a home folder often has no WebAssembly target.
const rustc = "/usr/bin/rustc"

// build runs a guest library's build.sh, after a look at the tools that it needs.
func build(t testing.TB, script string, tools []string, args ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: run `make tools`", tool)
		}
	}
	cmd := exec.Command("sh", append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), "CC=clang", "WASM_LD=wasm-ld", "RUSTC="+rustc)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s\nIf a compiler or its WebAssembly target is missing, run `make tools`.", script, args, err, text)
	} else if len(text) > 0 {
		t.Errorf("%s %v is not silent: %s", script, args, text)
	}
}

func buildC(t testing.TB, library, out string, files ...string) {
	t.Helper()
	build(t, filepath.Join(library, "build.sh"), []string{"clang", "wasm-ld"}, append([]string{out}, files...)...)
}

// buildRust builds a plugin of one crate; options may hold "std".
func buildRust(t testing.TB, library, out, file string, options ...string) {
	t.Helper()
	build(t, filepath.Join(library, "build.sh"), []string{rustc}, append([]string{out, file}, options...)...)
}

// The examples in C and Rust do what their test cases say, and are small.
func TestNativeExamples(t *testing.T) {
	for lang, c := range map[string]struct {
		source string
		most   int64 // bytes
		build  func(t testing.TB, library, out, file string)
	}{
		"c":    {"main.c", 16 << 10, func(t testing.TB, library, out, file string) { buildC(t, library, out, file) }},
		"rust": {"main.rs", 32 << 10, func(t testing.TB, library, out, file string) { buildRust(t, library, out, file) }},
	} {
		t.Run(lang, func(t *testing.T) {
			source, dir := "examples/moderation-"+lang, t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(dir, "moderation.wasm")
			c.build(t, "pdk/"+lang+"/driplet", out, filepath.Join(source, c.source))
			plugintest.RunCases(t, dir, "moderation")
			if info, err := os.Stat(out); err != nil || info.Size() > c.most {
				t.Errorf("%v has %d bytes, the limit is %d: %v", out, info.Size(), c.most, err)
			} else {
				t.Logf("%d bytes", info.Size())
			}
		})
	}
}
