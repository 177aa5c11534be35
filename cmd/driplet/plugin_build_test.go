package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/plugins"
)

// engineFile is where the plugins' lock file puts the JavaScript engine.
const engineFile = "../../plugins/node_modules/quickjs-wasi/quickjs.wasm"

// buildPlugin runs plugin build with this process' tools.
func buildPlugin(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	env := append(os.Environ(), engineVariable+"="+engineFile)
	code := run(t.Context(), &terminal{in: strings.NewReader(""), out: &out, err: &errs, env: env}, append([]string{"plugin", "build"}, args...))
	return result{out.String(), errs.String(), code}
}

// newPlugin writes a new plugin into a folder of its own.
func newPlugin(t *testing.T, lang string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "quiz")
	if err := plugins.Scaffold(dir, lang, "quiz"); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A new plugin is built, and passes its own cases, at once. Go, AssemblyScript
// and JavaScript are built so in the package plugins, which has their tools at
// hand.
func TestPluginBuild(t *testing.T) {
	for lang, want := range map[string]string{"typescript": "javascript", "c": "c", "rust": "rust"} {
		t.Run(lang, func(t *testing.T) {
			dir := newPlugin(t, lang)
			r := buildPlugin(t, dir)
			if r.code != 0 || r.err != "" || !strings.HasPrefix(r.out, filepath.Join(dir, "quiz.wasm")+": "+want+", ") || !strings.Contains(r.out, " bytes, in ") {
				t.Fatalf("%+v", r)
			}
			if r := inProcess(t, "plugin", "test", dir); r.code != 0 {
				t.Errorf("%+v", r)
			}
			if left, err := filepath.Glob(filepath.Join(dir, ".driplet-build-*")); err != nil || len(left) > 0 {
				t.Errorf("%v, %v", left, err)
			}
		})
	}
}

// A single file beside nothing is a plugin, too.
func TestPluginBuildFile(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "echo.ts"), filepath.Join(dir, "elsewhere.wasm")
	writeFile(t, file, `import { on } from "driplet"; on<string>("echo.*", (e) => e.data);`)
	r := buildPlugin(t, file)
	if r.code != 0 || !strings.HasPrefix(r.out, filepath.Join(dir, "echo.wasm")+": javascript, ") || r.err != "warning: "+filepath.Join(dir, "echo.toml")+" is not there: a server needs it, and what the plugin may do was not checked\n" {
		t.Errorf("%+v", r)
	}
	c := newPlugin(t, "c")
	if r := buildPlugin(t, "-o", out, filepath.Join(c, "main.c")); r.code != 0 || r.err != "" || !strings.HasPrefix(r.out, out+": c, ") {
		t.Errorf("%+v", r)
	}
	if _, err := os.Stat(filepath.Join(c, "quiz.wasm")); err == nil {
		t.Error("-o wrote beside the manifest, too")
	}
}

// What an author can do wrong shows when it is built, with what to do.
func TestPluginBuildRefuses(t *testing.T) {
	js := newPlugin(t, "js")
	main := filepath.Join(js, "main.js")
	source, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ source, want string }{
		"syntax":           {"const a = 1;\nlet b = ;\n", "main.js:2:9: Unexpected \";\""},
		"a name misspelt":  {`import { on } from "driplt"; on("x", () => 1);`, `is it misspelt, or not installed? The guest library is "driplet"`},
		"no such file":     {`import "./other";`, `main.js:1:8: Could not resolve "./other"`},
		"Node's own":       {`import fs from "fs"; fs.readFileSync("x");`, `main.js:1:16: Could not resolve "fs"`},
		"what to do then":  {`import fs from "fs"; fs.readFileSync("x");`, "a plugin has no Node: what the server offers is what \"driplet\" exports"},
		"no such name":     {`import { onn } from "driplet"; onn("x");`, `No matching export in "driplet/index.ts" for import "onn"`},
		"fails at once":    {"import { config } from \"driplet\";\n\nconfig.no.such;\n", "such' of undefined in <anonymous> (main.js:3:1)"},
		"not granted":      {`import { http, on } from "driplet"; on("quiz.x", () => http.fetch({ url: "https://a.example.com/" }));`, `quiz.toml grants no "http"`},
		"at the top level": {`import { kv } from "driplet"; kv.set("a", 1);`, "kv.set(a): not possible while the plugin starts"},
	} {
		writeFile(t, main, c.source)
		r := buildPlugin(t, js)
		if r.code != 1 || !strings.Contains(r.err, c.want) || (r.out != "") != strings.Contains(r.err, "it was built, but no server would load it: quiz 0.1.0: ") {
			t.Errorf("%s: %+v, want %q", what, r, c.want)
		}
	}
	writeFile(t, main, string(source))
	if r := buildPlugin(t, "-engine", main, js); r.code != 1 || !strings.Contains(r.err, "it is not quickjs.wasm of quickjs-wasi ") {
		t.Errorf("%+v", r)
	}

	empty := t.TempDir()
	writeFile(t, filepath.Join(empty, "a.zig"), "")
	for arg, want := range map[string]string{
		"nowhere":                         "there is no folder or file nowhere",
		empty:                             "holds no manifest NAME.toml",
		js + " " + js:                     "it takes one folder or file, not 2",
		filepath.Join(empty, "a.zig"):     "plugins are built from files that end in .ts, .js, .go, .rs and .c",
		filepath.Join(js, "quiz.toml.no"): "there is no folder or file",
	} {
		if r := buildPlugin(t, strings.Fields(arg)...); r.code == 0 || !strings.Contains(r.err, want) {
			t.Errorf("%s: %+v, want %q", arg, r, want)
		}
	}
	if err := os.Remove(main); err != nil {
		t.Fatal(err)
	}
	if r := buildPlugin(t, js); r.code != 1 || !strings.Contains(r.err, "it needs one of main.ts, main.go, main.rs, main.c; or name the file") {
		t.Errorf("%+v", r)
	}

	// A manifest that is wrong is no wrong usage.
	manifest, err := os.ReadFile(filepath.Join(js, "quiz.toml"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(js, "quiz.toml"), strings.Replace(string(manifest), "hooks =", "hook =", 1))
	for _, command := range []string{"build", "test", "run", "push", "inspect"} {
		if r := inProcess(t, "plugin", command, js); r.code != 2 || !strings.Contains(r.err, `unknown key "hook": did you mean "hooks"?`) || strings.Contains(r.err, "how it is used") {
			t.Errorf("%s: %+v", command, r)
		}
	}
	writeFile(t, filepath.Join(js, "quiz.toml"), string(manifest))

	// Without its tools; this process' environment is not asked.
	for lang, want := range map[string]string{
		"c": "clang is missing: install clang ", "rust": "rustc is missing: install Rust ",
		"go": "go is missing: install Go ", "assemblyscript": "node is missing: install Node ",
	} {
		dir := newPlugin(t, lang)
		if r := inProcess(t, "plugin", "build", dir); r.code != 1 || !strings.Contains(r.err, want) {
			t.Errorf("%s: %+v, want %q", lang, r, want)
		}
	}
	// A compiler's words are the author's.
	c := newPlugin(t, "c")
	writeFile(t, filepath.Join(c, "main.c"), "int x = y;\n")
	if r := buildPlugin(t, c); r.code != 1 || !strings.Contains(r.err, "main.c:1:9: error: use of undeclared identifier 'y'") {
		t.Errorf("%+v", r)
	}
}

// Ctrl-C ends the compiler, and leaves nothing.
func TestPluginBuildIsInterrupted(t *testing.T) {
	dir, tools := newPlugin(t, "go"), t.TempDir()
	// A compiler that is at work until it is told to end, and then takes away what it has made.
	script := "#!/bin/sh\nat=" + filepath.Join(tools, "work") + "\ntrap 'rm \"$at\"; exit 1' INT\necho busy > \"$at\"\nwhile :; do sleep 0.05; done\n"
	if err := os.WriteFile(filepath.Join(tools, "go"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := program(t.TempDir(), []string{"PATH=" + tools + ":" + os.Getenv("PATH")}, "plugin", "build", dir)
	_, errs := background(t, cmd)
	work := filepath.Join(tools, "work")
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if text, err := os.ReadFile(work); err == nil && len(text) > 0 {
			break
		} else if time.Now().After(end) {
			t.Fatal("the compiler was not started")
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Error(err)
	}
	if want := "main.go: the build was interrupted, and nothing was written: start it again\n"; !strings.HasSuffix(errs.String(), want) {
		t.Errorf("%q, want %q", errs, want)
	}
	if _, err := os.Stat(work); err == nil {
		t.Error("the compiler was not told to end")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".driplet-build-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
