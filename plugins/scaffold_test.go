package plugins_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/driplet/driplet/core/plugin/plugintest"
	"github.com/driplet/driplet/plugins"
)

// A new plugin compiles and passes its own tests at once, in each language.
func TestScaffold(t *testing.T) {
	for _, lang := range plugins.Languages() {
		t.Run(lang, func(t *testing.T) {
			const name = "my-plugin"
			dir := filepath.Join(t.TempDir(), name)
			if err := plugins.Scaffold(dir, lang, name); err != nil {
				t.Fatal(err)
			}
			switch lang {
			case "go", "assemblyscript":
				buildByCommand(t, dir, name)
			case "c":
				build(t, filepath.Join(dir, "build.sh"), []string{"clang", "wasm-ld"})
			case "rust":
				build(t, filepath.Join(dir, "build.sh"), []string{rustc})
			case "javascript", "typescript":
				entry := map[string]string{"javascript": "main.js", "typescript": "main.ts"}[lang]
				if err := os.WriteFile(filepath.Join(dir, name+".wasm"), buildJavaScript(t, dir, entry), 0o600); err != nil {
					t.Fatal(err)
				}
				if lang == "typescript" { // the same text as javascript
					noPlaceholders(t, dir)
					return
				}
				checkTypes(t, filepath.Join(dir, "tsconfig.json"))
			default:
				t.Fatalf("this test does not know how to build %s", lang)
			}
			plugintest.RunCases(t, dir, name)
			noPlaceholders(t, dir)
			editorsFindTheLibrary(t, dir, lang)
			referenceHolds(t, filepath.Join(dir, "driplet"))
		})
	}
}

// editorsFindTheLibrary looks that what tells editors of the language where the
// guest library is, and how a plugin is built, is there and true.
func editorsFindTheLibrary(t *testing.T, dir, lang string) {
	t.Helper()
	switch lang {
	case "c": // clangd gives these to clang, one a line
		flags, err := os.ReadFile(filepath.Join(dir, "compile_flags.txt"))
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("clang", append(strings.Fields(string(flags)), "-Werror", "-fsyntax-only", "main.c")...)
		cmd.Dir = dir
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("clang with compile_flags.txt: %v\n%s", err, text)
		}
	case "rust":
		cargoFits(t, dir)
	case "assemblyscript":
		if _, err := os.Stat(filepath.Join("node_modules", readJSON(t, filepath.Join(dir, "tsconfig.json"))["extends"].(string))); err != nil {
			t.Error(err)
		}
	}
}

// cargoFits compares what cargo is told with what driplet/build.sh does: not
// every machine that builds plugins has cargo.
func cargoFits(t *testing.T, dir string) {
	t.Helper()
	for file, lines := range map[string][]string{
		"Cargo.toml":         {`name = "my-plugin-plugin"`, `edition = "2021"`, `path = "main.rs"`, `crate-type = ["cdylib"]`, `driplet = { path = "driplet" }`},
		"driplet/Cargo.toml": {`name = "driplet"`, `edition = "2021"`, `path = "lib.rs"`, `std = []`},
		".cargo/config.toml": {`target = "wasm32-unknown-unknown"`},
		"driplet/build.sh":   {"--edition 2021 --target wasm32-unknown-unknown ", "--crate-type cdylib ", "cfg='feature=\"std\"'"},
		"main.rs":            {"#![no_std]"},
		"driplet/lib.rs":     {`#[cfg(feature = "std")]`},
	} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Error(err)
		}
		for _, line := range lines {
			if !strings.Contains(string(text), line) {
				t.Errorf("%s does not say %s", file, line)
			}
		}
	}
}

// referenceHolds looks that the library's reference is there, and that what it
// links to is beside it.
func referenceHolds(t *testing.T, library string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(library, "README.md"))
	if err != nil || len(text) < 500 {
		t.Fatalf("the library has no reference: %q, %v", text, err)
	}
	for _, link := range regexp.MustCompile(`\]\(([^)#]+)`).FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join(library, link[1])); err != nil && !strings.HasPrefix(link[1], "https://") {
			t.Errorf("the library's reference links to %s, which is not there", link[1])
		}
	}
	if strings.Contains(string(text), "`conformance/`") {
		t.Error("the library's reference tells of the folder conformance, which is not there")
	}
}

func noPlaceholders(t *testing.T, dir string) {
	t.Helper()
	for _, glob := range []string{"*", "cases/*"} {
		files, err := filepath.Glob(filepath.Join(dir, glob))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err == nil && filepath.Ext(file) != ".wasm" && strings.Contains(file+string(text), "{{") || strings.HasSuffix(file, ".tmpl") {
				t.Errorf("%s was not filled in", file)
			}
		}
	}
}

// Scaffold refuses what it cannot write, and says what to do.
func TestScaffoldRefuses(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine"), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ dir, lang, name, want string }{
		{t.TempDir(), "cobol", "good", `no language "cobol": choose one of assemblyscript, c, go`},
		{t.TempDir(), "go", "Not-Good", "is no name for a plugin"},
		{t.TempDir(), "go", "", "is no name for a plugin"},
		{t.TempDir(), "go", strings.Repeat("a", 33), "is no name for a plugin"},
		{t.TempDir(), "go", "../evil", "is no name for a plugin"},
		{full, "go", "good", "is not empty: choose a new folder"},
		{filepath.Join(full, "mine"), "go", "good", "mine is a file: choose a new folder"},
	} {
		err := plugins.Scaffold(c.dir, c.lang, c.name)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Scaffold(%q, %q): %v, want %q", c.lang, c.name, err, c.want)
		}
	}
	if entries, err := os.ReadDir(full); err != nil || len(entries) != 1 {
		t.Errorf("a folder that is not empty was touched: %v %v", entries, err)
	}
}

// A scaffolded plugin is compiled by the same compiler, with the same options,
// as those in the binary.
func TestScaffoldCompiler(t *testing.T) {
	dir := t.TempDir()
	if err := plugins.Scaffold(dir, "assemblyscript", "same"); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"package.json", "asconfig.json"} {
		ours, theirs := readJSON(t, file), readJSON(t, filepath.Join(dir, file))
		if needs, ok := ours["devDependencies"].(map[string]any); ok {
			delete(needs, "quickjs-wasi") // for plugins in JavaScript
		}
		for _, key := range []string{"devDependencies", "options"} {
			a, _ := json.Marshal(ours[key])
			b, _ := json.Marshal(theirs[key])
			if string(a) != string(b) {
				t.Errorf("%s: %s is %s here and %s in a new plugin", file, key, a, b)
			}
		}
	}
}

func readJSON(t *testing.T, file string) (out map[string]any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return out
}
