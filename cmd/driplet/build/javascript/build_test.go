package javascript_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/driplet/driplet/cmd/driplet/build/javascript"
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/cases"
	"github.com/driplet/driplet/core/plugin/meter"
	"github.com/driplet/driplet/core/target"
	"github.com/driplet/driplet/plugins"
)

// sources writes files into a folder.
func sources(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func build(t *testing.T, files map[string]string) []byte {
	t.Helper()
	library, adapter := plugins.JavaScript()
	wasm, _, err := javascript.Build(javascript.Options{Dir: sources(t, files), Entry: "main.ts", Engine: engine(t), Library: library, Adapter: adapter})
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// The same sources give the same bytes, wherever they lie.
func TestSameBytes(t *testing.T) {
	files := map[string]string{
		"main.ts": `import { on } from "driplet"; import { twice } from "./lib/twice"; on<number>("x.twice", (e) => twice(e.data));`,
		"lib/twice.ts": `export const twice = (n: number): number => 2 * n;
export const unused = () => fetch("x");`,
	}
	first := build(t, files)
	if !bytes.Equal(first, build(t, files)) {
		t.Error("two builds differ")
	}
	if bytes.Contains(first, []byte("unused")) {
		t.Error("what is not used is in the bundle")
	}
}

// A plugin imports what it uses, so that its manifest need not grant more.
func TestImports(t *testing.T) {
	const always = "env.abort driplet_v1.log"
	for source, want := range map[string]string{
		`on("x.a", (e) => e.data)`:                                     always,
		`on("x.a", (e) => publish("t", e.data))`:                       always + " driplet_v1.publish",
		`on("x.a", (e) => publish("t", 1, { history: false }))`:        always + " driplet_v1.publish",
		`on("x.a", (e) => history("t").events)`:                        always + " driplet_v1.history",
		`on("x.a", (e) => e.subscribed("t"))`:                          always + " driplet_v1.subscribed",
		`on("x.a", ({ subscribed: s }) => 1)`:                          always + " driplet_v1.subscribed",
		`on("x.a", (e) => { kv.set("a", now()); return random(5)[0]})`: always + " driplet_v1.kv_get driplet_v1.kv_set driplet_v1.kv_delete driplet_v1.kv_cas driplet_v1.kv_incr driplet_v1.kv_scan driplet_v1.now driplet_v1.random",
		`on("x.a", (e) => [...kv.all("a/")])`:                          always + " driplet_v1.kv_get driplet_v1.kv_set driplet_v1.kv_delete driplet_v1.kv_cas driplet_v1.kv_incr driplet_v1.kv_scan driplet_v1.kv_scan_after",
	} {
		d, err := meter.Describe(build(t, map[string]string{"main.ts": `import { history, kv, now, on, publish, random } from "driplet"; ` + source}))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, i := range d.Imports {
			if i.Module != "wasi_snapshot_preview1" {
				got[i.Module+"."+i.Name] = true
			}
		}
		wanted := strings.Fields(want)
		for _, name := range wanted {
			if !got[name] {
				t.Errorf("%s: %s is not imported", source, name)
			}
		}
		if len(got) != len(wanted) {
			t.Errorf("%s: imports %v, want %v", source, got, wanted)
		}
		if d.Language() != "JavaScript (QuickJS)" {
			t.Errorf("language %q", d.Language())
		}
	}
}

// tried is the plugin of the tests that run one: compiling takes the engine's
// time, much of it under the race detector.
func tried(t *testing.T, stack int) []byte {
	t.Helper()
	library, adapter := plugins.JavaScript()
	wasm, _, err := javascript.Build(javascript.Options{Dir: sources(t, map[string]string{
		"main.ts": `import { on } from "driplet";
import "./leak";
import { first } from "./lib/names";

interface Named { name?: string }

on<Named>("x.name", (e) => first(e.data));
on("x.thrown", () => { throw { a: 1 }; });
on("x.promise", async () => 1);
on("x.later", () => { Promise.resolve(1).then(() => 2); return 1; });
on("x.answer", () => () => 1);
on("x.depth", () => {
  const deep = (n: number): number => n === 0 ? 0 : 1 + deep(n - 1);
  return deep(100) === 100;
});
on("x.deep", function deep(): number { return 1 + deep(); });
on("x.caught", () => {
  const deep = (): number => 1 + deep();
  try { return deep(); } catch (e: any) { return e.name; }
});
on("x.ok", () => "ok");
on("x.most", () => {
  const deep = (n: number): number => n === 0 ? 0 : 1 + deep(n - 1);
  return deep(1500);
});
`,
		"lib/names.ts": `// The first letter of a name.
export function first(named: { name?: string }): string {
  return initial(named.name!);
}

function initial(name: string): string { return name.slice(0, 1); }
`,
		"leak.ts": leakScript,
	}), Entry: "main.ts", Engine: engine(t), Stack: stack, Library: library, Adapter: adapter})
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// compiled keeps compiled code for all tests.
var compiled string

func TestMain(m *testing.M) {
	var err error
	if compiled, err = os.MkdirTemp("", "driplet-javascript-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(compiled)
	os.Exit(code)
}

// What is thrown and not caught ends the event with the author's own places.
func TestTraps(t *testing.T) {
	wasm := tried(t, 0)
	const synchronous = "Error: handlers are synchronous; use http.fetch(request, {then, state})"
	for _, c := range []struct{ event, want string }{
		{"name", "TypeError: cannot read property 'slice' of undefined in initial, called by first (lib/names.ts:3:18), called by <anonymous> (main.ts:7:34) (lib/names.ts:6:49)"},
		{"thrown", `thrown: {"a":1} (the handler of "x.thrown")`},
		{"promise", synchronous + ` (the handler of "x.promise")`},
		{"later", synchronous},
		{"answer", "TypeError: the answer: a function cannot be written as JSON"},
		{"depth", `true`},
		{"deep", "RangeError: Maximum call stack size exceeded in deep, called by deep (main.ts:16:"},
		{"caught", `"RangeError"`},
		{"ok", `"ok"`},
	} {
		answer, logged, err := ask(t, wasm, "", c.event)
		if got := strings.ReplaceAll(logged, `\"`, `"`); err != nil && !strings.Contains(got, c.want) || err == nil && answer != c.want {
			t.Errorf("%s: %s %v, logged %s; want %s", c.event, answer, err, got, c.want)
		}
	}
}

// ask gives one event to a plugin, with more in its manifest, and returns what
// it answers and what the server logs.
func ask(t *testing.T, wasm []byte, manifest, event string) (answer, logged string, err error) {
	t.Helper()
	var log bytes.Buffer
	h := plugin.NewHost(plugin.Options{
		Sources: []fs.FS{fstest.MapFS{
			"x.toml": {Data: []byte("name = \"x\"\nversion = \"1.0.0\"\nabi = 1\nevents = [\"x.*\"]\n" + granted + manifest)},
			"x.wasm": {Data: wasm},
		}},
		CacheDir: compiled, Store: new(cases.Store), ParseTarget: target.Parse,
		Log: slog.New(slog.NewTextHandler(&log, nil)), LeastDeadline: plugin.MaxDeadline,
	})
	if err := h.Load(t.Context(), []*core.Endpoint{{Name: cases.Endpoint, Plugins: []string{"x"}}}); err != nil {
		t.Fatal(err)
	}
	if err := h.Start(context.WithoutCancel(t.Context()), new(cases.Services)); err != nil {
		t.Fatal(err)
	}
	v, err := h.Decide(t.Context(), &core.ClientEvent{
		Kind: core.HookMessage, Endpoint: cases.Endpoint, Event: "x." + event, Session: "s", User: "7", Claims: &core.Claims{User: "7"}, Data: []byte("{}"),
	})
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	return string(v.Data), log.String(), err
}

// With a larger stack in its manifest a script's functions may call each other
// deeper; beyond it an error says so that the script can catch.
func TestStack(t *testing.T) {
	wasm := tried(t, plugin.MaxStack)
	for event, want := range map[string]string{"caught": `"RangeError"`, "most": "1500"} {
		if got, logged, err := ask(t, wasm, "[limits]\nstack = \"16 MiB\"\n", event); err != nil || got != want {
			t.Errorf("%s: %s, %v, %s", event, got, err, logged)
		}
	}
	if _, logged, err := ask(t, wasm, "", "most"); err == nil || !strings.Contains(logged, "or take more stack than it may") || !strings.Contains(strings.ReplaceAll(logged, `\"`, `"`), `it ran the handler of "x.most"`) {
		t.Errorf("%v, %s", err, logged)
	}
}
