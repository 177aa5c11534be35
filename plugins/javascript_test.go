package plugins_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

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

// The listing in the library's README does what it says.
func TestReadmeOfJavaScript(t *testing.T) {
	readme, err := os.ReadFile("pdk/javascript/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(readme), "\n```ts\n")
	text, _, ok := strings.Cut(text, "\n```\n")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.ts"), []byte(text), 0o600); err != nil || !ok {
		t.Fatal(ok, err)
	}
	source := fstest.MapFS{"chat.wasm": {Data: buildJavaScript(t, dir, "main.ts")}, "chat.toml": {Data: []byte(`name = "chat"
version = "1.0.0"
abi = 1
events = ["chat.*"]
topics = ["chat.*"]
hooks = ["subscribe"]
[capabilities]
publish = ["chat.*"]
presence = ["chat.*"]
kv = "8 MiB"
[config]
max_text = 10
`)}}
	err = plugintest.RunCase(t.Context(), source, "chat", []byte(`{
		"kv": {"ban/chat.lobby/8": true, "seq/chat.lobby": 4}, "subscribed": {"chat.lobby": ["session-7"]},
		"steps": [
			{"event": {"kind": "subscribe", "topic": "chat.lobby", "user": "8"}, "expect": {"refusal": {"code": "chat.banned"}}},
			{"event": {"kind": "subscribe", "topic": "chat.lobby"}, "expect": {}},
			{"event": {"event": "chat.send", "data": {"room": "lobby", "text": "hello"}}, "expect": {"answer": {"id": 5}, "effects": [
				{"op": "kv_set", "key": "msg/chat.lobby/000000000005", "ttl": 604800000, "value": {"id": 5, "from": "7", "text": "hello", "at": "<any>"}},
				{"op": "publish", "topic": "chat.lobby", "event": "chat.message", "data": {"id": 5, "from": "7", "text": "hello", "at": "<any>"}}
			]}},
			{"event": {"event": "chat.send", "data": {"room": "lobby", "text": "much too long"}}, "expect": {"refusal": {"code": "bad_request", "message": "text has 13 characters, the limit is 10"}}},
			{"event": {"event": "chat.send", "data": {"room": "attic", "text": "hello"}}, "expect": {"refusal": {"code": "chat.not_member"}}}
		]
	}`), t.TempDir())
	if err != nil {
		t.Error(err)
	}
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
