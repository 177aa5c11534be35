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

// inProcess runs a command without a process of its own.
func inProcess(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), &terminal{in: strings.NewReader(""), out: &out, err: &errs}, args)
	return result{out.String(), errs.String(), code}
}

// copyPlugin puts a bundled plugin with its test cases into a folder.
func copyPlugin(t *testing.T, name string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("../../plugins", name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func touch(t *testing.T, path string, at time.Time) {
	t.Helper()
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestPluginTest(t *testing.T) {
	dir := copyPlugin(t, "chat")
	later := time.Now().Add(time.Hour)
	touch(t, filepath.Join(dir, "chat.wasm"), later)

	r := inProcess(t, "plugin", "test", dir)
	if r.code != 0 || !strings.Contains(r.out, "ok    send_refused\n") || !strings.Contains(r.out, "chat 1.0.0: 12 cases passed, ") || r.err != "" {
		t.Errorf("%+v", r)
	}
	r = inProcess(t, "plugin", "test", "-v", filepath.Join(dir, "chat.toml"), "send", "send.json", "cases/rooms*")
	for _, want := range []string{
		"chat 1.0.0: 3 cases passed", "ok    rooms_configured\n", "step 2 (message chat.send: without a claim name it is the public id)",
		"publish  chat.lobby  chat.message  {\"id\":43,", "answer   {\"id\":43}  (", "µs, fuel ",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("missing %q in %+v", want, r)
		}
	}

	writeFile(t, filepath.Join(dir, "cases", "wrong.json"), `{"kv": {"seq/chat.lobby": "41"}, "subscribed": {"chat.lobby": ["session-7"]}, "steps": [
		{"event": {"event": "chat.send", "data": {"room": "lobby", "text": "hi"}}, "expect": {"answer": {"id": 43}, "kv": {"nothing": 1}}},
		{"event": {"event": "chat.send", "data": {"room": "attic", "text": "hi"}}, "expect": {"failure": "unreachable"}},
		{"event": {"event": "other"}}]}`)
	r = inProcess(t, "plugin", "test", dir, "wrong")
	if want := `FAIL  wrong
      step 1 (message chat.send)
        answer.id
            want  43
            got   42
        kv.nothing
            want  1
            got   nothing
      step 2 (message chat.send)
        failure
            want  "unreachable"
            got   nothing
      step 3 (message other)
        chat.toml does not send this event to the plugin: look at its events, topics and hooks
chat 1.0.0: 1 of 1 case failed
`; r.code != 1 || r.out != want || r.err != "" {
		t.Errorf("exit %d, stderr %q\n%s", r.code, r.err, r.out)
	}

	right := filepath.Join(dir, "cases", "right.json")
	writeFile(t, right, `{"event": {"event": "chat.send", "data": {"room": "attic", "text": "hi"}}, "expect": {"answer": 1}}`)
	if r = inProcess(t, "plugin", "test", "-update", dir, "right"); r.code != 0 || !strings.Contains(r.out, "new   right: look at what has changed in "+right+"\n") {
		t.Errorf("%+v", r)
	}
	if r = inProcess(t, "plugin", "test", dir, "right"); r.code != 0 {
		t.Errorf("after the update: %+v", r)
	}
	if r = inProcess(t, "plugin", "test", "-update", dir, "wrong"); r.code != 1 || !strings.Contains(r.out, "it cannot be updated: step 3 (message other): chat.toml does not send") {
		t.Errorf("%+v", r)
	}

	writeFile(t, filepath.Join(dir, "index.ts"), "// newer")
	touch(t, filepath.Join(dir, "index.ts"), later.Add(time.Second))
	r = inProcess(t, "plugin", "test", dir, "right")
	if want := "warning: " + filepath.Join(dir, "chat.wasm") + " is older than " + filepath.Join(dir, "index.ts") + ": build it with driplet plugin build\n"; r.code != 0 || r.err != want {
		t.Errorf("%+v, want %q", r, want)
	}
}

func TestPluginTestRefuses(t *testing.T) {
	chat, empty, several := copyPlugin(t, "chat"), t.TempDir(), t.TempDir()
	for _, name := range []string{"a.toml", "b.toml"} {
		writeFile(t, filepath.Join(several, name), "name = \""+name[:1]+"\"\nversion = \"1\"\nabi = 1\n")
	}
	writeFile(t, filepath.Join(several, "c.toml"), "name = \"d\"\nversion = \"1\"\nabi = 1\n")
	fresh := filepath.Join(t.TempDir(), "quiz")
	if err := plugins.Scaffold(fresh, "c", "quiz"); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(chat, "cases", "broken.json"), `{"evnt": 1}`)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{empty}, 2, "holds no manifest NAME.toml: name the plugin's folder, or start one with 'driplet plugin new'"},
		{[]string{"nowhere"}, 2, "there is no folder nowhere, and for a case of that name: . holds no manifest"},
		{[]string{several}, 2, "holds several manifests: name one of "},
		{[]string{filepath.Join(several, "c.toml")}, 2, "a manifest bears its plugin's name: call the file d.toml"},
		{[]string{filepath.Join(several, "e.toml")}, 2, "the manifest cannot be read"},
		{[]string{several + "/a.toml"}, 2, "holds no test cases: write one, NAME.json"},
		{[]string{chat, "none"}, 2, `there is no case "none": choose of broken, delete, `},
		{[]string{chat, "broken"}, 1, `line 1: unknown key "evnt"`},
		{[]string{fresh}, 1, "quiz.wasm is not there: build it with "},
	} {
		r := inProcess(t, append([]string{"plugin", "test"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.err+r.out, c.want) {
			t.Errorf("%q: %+v", c.args, r)
		}
	}
}

// A case that fails shows what the plugin has logged: there its library says why.
func TestPluginTestShowsLogs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "quiz")
	if err := plugins.Scaffold(dir, "c", "quiz"); err != nil {
		t.Fatal(err)
	}
	toml, err := os.ReadFile(filepath.Join(dir, "quiz.toml"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "quiz.toml"), strings.Replace(string(toml), `publish = ["quiz.*"]`, `publish = ["other.*"]`, 1))
	if r := execute(t, program(dir, []string{"PATH=" + os.Getenv("PATH")}, "plugin", "build")); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	r := execute(t, program(dir, nil, "plugin", "test"))
	if r.code != 1 || !strings.Contains(r.out, "        log      dr_publish(quiz.lobby): denied: grant it under [capabilities] of the manifest\n") {
		t.Errorf("%+v", r)
	}
}
