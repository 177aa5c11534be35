package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/driplet/driplet/core/programtest"
)

// The whole round of an author: run, talk to it, save, see the new version,
// save something wrong, end.
func TestPluginRun(t *testing.T) {
	dir, temporary := copyPlugin(t, "chat"), t.TempDir()
	// The folder's build takes the wasm file from elsewhere.
	if err := os.Rename(filepath.Join(dir, "chat.wasm"), filepath.Join(dir, "built.bin")); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "build.sh"), "#!/bin/sh\ngrep -q broken index.ts && echo 'index.ts:1: broken' && exit 1\ncp built.bin chat.wasm\n")
	if err := os.Chmod(filepath.Join(dir, "build.sh"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := program(temporary, []string{"PATH=" + os.Getenv("PATH")}, "plugin", "run", "-port", "0", dir)
	out, errs := background(t, cmd)
	out.Await(t, "Ctrl+C ends it.", 1)
	text := out.String()
	if !strings.Contains(text, "building: ./build.sh\n") || !strings.Contains(text, "chat 1.0.0 runs at  http://localhost:") {
		t.Fatalf("stdout %q, stderr %q", text, errs)
	}
	address := between(text, "http://", "\n")
	call := func(args ...string) result {
		return execute(t, program(temporary, nil, append([]string{"call", "-url", "ws://" + address + "/ws/default", "-jwt-secret", between(text, "-jwt-secret '", "'"), "-uid", "7"}, args...)...))
	}

	if r := call("-topic", "chat.lobby", "chat.send", `{"room": "lobby", "text": "hi"}`); r.code != 0 || r.out != "{\"id\":1}\n" {
		t.Fatalf("%+v\n%s", r, out)
	}
	out.Await(t, `answer   {"id":1}  (`, 1)
	for _, want := range []string{"  chat 1.0.0\n  subscribe  chat.lobby  user 7\n", "  message  chat.send  user 7  {\"room\":\"lobby\",\"text\":\"hi\"}\n", "publish  chat.lobby  chat.message  {\"id\":1,", ", fuel "} {
		out.Await(t, want, 1)
	}
	// As the guide shows it.
	sample := figures(commandListings(t)[0])
	for line := range strings.Lines(sample) {
		if !strings.Contains(figures(out.String()), "  "+line) {
			t.Errorf("missing %q in\n%s", line, out)
		}
	}
	if r := call("chat.send", `{"room": "attic", "text": "hi"}`); r.code != 1 || r.err != "driplet: subscribe to chat.attic first (chat.not_member)\n" {
		t.Errorf("%+v", r)
	}
	out.Await(t, "refused  chat.not_member: subscribe to chat.attic first", 1)

	// The page and its tokens, for this machine.
	get := func(method, path, host string) (int, string) {
		req, err := http.NewRequest(method, "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if req.Host = host; host == "" {
			req.Host = address
		}
		req.Header.Set("Accept", "text/html")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	for _, c := range []struct {
		method, path, host string
		code               int
		want               string
	}{
		{"GET", "/", "", 200, "<title>chat - Driplet</title>"},
		{"GET", "/run/console.js", "", 200, "/sdk/driplet.mjs"},
		{"GET", "/run/console.css", "", 200, "body"},
		{"POST", "/run/token?uid=7&claims=%7B%22roles%22%3A%5B%22a%22%5D%7D", "", 200, `"token":"ey`},
		{"POST", "/run/token?claims=1", "", 400, "the claims are no JSON object"},
		{"GET", "/run/token?claims=%7B%7D", "", 404, ""},
		{"POST", "/run/token?claims=%7B%7D", "evil.example", 403, "at http://localhost only"},
	} {
		if code, body := get(c.method, c.path, c.host); code != c.code || !strings.Contains(body, c.want) {
			t.Errorf("%s %s: %d %s", c.method, c.path, code, body)
		}
	}

	// Another version, and a version that cannot be loaded.
	manifest, err := os.ReadFile(filepath.Join(dir, "chat.toml"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "chat.toml"), strings.Replace(string(manifest), `version = "1.0.0"`, `version = "1.0.1"`, 1))
	errs.Await(t, `msg="a plugin was reloaded" plugin=chat old=1.0.0 new=1.0.1`, 1)
	if r := call("chat.rooms"); r.code != 0 {
		t.Errorf("%+v", r)
	}
	out.Await(t, "  chat 1.0.1\n  message  chat.rooms", 1)
	writeFile(t, filepath.Join(dir, "chat.toml"), strings.Replace(string(manifest), "\nkv = ", "\n# kv = ", 1))
	errs.Await(t, "grants no", 1)
	if r := call("chat.rooms"); r.code != 0 {
		t.Errorf("the old version: %+v", r)
	}

	// Sources are built when they change.
	later := time.Now().Add(time.Minute)
	writeFile(t, filepath.Join(dir, "index.ts"), "// broken")
	touch(t, filepath.Join(dir, "index.ts"), later)
	out.Await(t, "index.ts has changed\n", 1)
	out.Await(t, "index.ts:1: broken\n./build.sh in "+dir+" failed: exit status 1. Mend it and save again\n", 1)
	writeFile(t, filepath.Join(dir, "index.ts"), "// mended")
	touch(t, filepath.Join(dir, "index.ts"), later.Add(time.Minute))
	out.Await(t, "built: chat.wasm is as it was\n", 1)

	interrupt(t, cmd, errs, temporary)
}

// interrupt ends a program as Ctrl+C does, which leaves nothing in its temporary
// folder.
func interrupt(t *testing.T, cmd *exec.Cmd, errs *programtest.Output, temporary string) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v, stderr %s", err, errs)
	}
	if left, _ := os.ReadDir(temporary); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPluginRunRefuses(t *testing.T) {
	dir := copyPlugin(t, "chat")
	if err := os.Remove(filepath.Join(dir, "chat.wasm")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-no-build", dir}, 1, "chat.wasm is not there: build it with driplet plugin build\n"},
		{[]string{dir, "x"}, 2, "it takes one plugin, not 2"},
		{[]string{"-port", "-1", dir}, 2, "-port -1: a port is 0 to 65535"},
		{[]string{t.TempDir()}, 2, "holds no manifest"},
	} {
		if r := inProcess(t, append([]string{"plugin", "run"}, c.args...)...); r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%q: %+v", c.args, r)
		}
	}
}

// What is wrong at the start is waited out as later: the save that mends it
// starts the server.
func TestPluginRunWaits(t *testing.T) {
	dir, temporary := copyPlugin(t, "chat"), t.TempDir()
	if err := os.Rename(filepath.Join(dir, "chat.wasm"), filepath.Join(dir, "built.bin")); err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(dir, "chat.toml"))
	if err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ngrep -q broken index.ts && echo 'index.ts:1: broken' && exit 3\ncp built.bin chat.wasm\n"
	writeFile(t, filepath.Join(dir, "build.sh"), script)
	if err := os.Chmod(filepath.Join(dir, "build.sh"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "index.ts"), "// broken")
	writeFile(t, filepath.Join(dir, "chat.toml"), strings.Replace(string(manifest), "\nkv = ", "\n# kv = ", 1))

	cmd := program(temporary, []string{"PATH=" + os.Getenv("PATH")}, "plugin", "run", "-port", "0", dir)
	out, errs := background(t, cmd)
	errs.Await(t, "driplet: index.ts:1: broken\n./build.sh in "+dir+" failed: exit status 3. Mend it and save again: it starts then. Ctrl+C ends it\n", 1)
	writeFile(t, filepath.Join(dir, "index.ts"), "// good")
	errs.Await(t, "add kv = ", 1)
	errs.Await(t, "\nMend it and save again: it starts then.", 1)
	writeFile(t, filepath.Join(dir, "chat.toml"), "name = 5")
	errs.Await(t, "chat.toml:1:8: name: a text in quotes is wanted here", 1)
	writeFile(t, filepath.Join(dir, "chat.toml"), string(manifest))
	out.Await(t, "chat 1.0.0 runs at  http://localhost:", 1)
	interrupt(t, cmd, errs, temporary)
}

// No save brings a compiler: without one it ends at the start.
func TestPluginRunWithoutACompiler(t *testing.T) {
	dir := t.TempDir()
	if r := execute(t, program(dir, nil, "plugin", "new", "--lang", "c", "quiz")); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	r := execute(t, program(dir, []string{"PATH=" + os.Getenv("PATH"), "CC=no-such-clang"}, "plugin", "run", "-port", "0", "quiz"))
	want := "driplet: no-such-clang is missing: install clang and lld (Debian: apt install clang lld)\n./build.sh in quiz failed: a program that it needs is missing. Install it and start again\n"
	if r.code != 1 || r.err != want {
		t.Errorf("%+v", r)
	}
}

func TestCallRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "it takes an event's name and its data, not 0 arguments"},
		{[]string{"a", "b", "c"}, 2, "not 3 arguments"},
		{[]string{""}, 2, "event is missing or empty"},
		{[]string{"-topic", "a b\n", "x"}, 2, "-topic: "},
		{[]string{"-url", "ws://127.0.0.1:1/ws/default", "-token", "x", "-uid", "7", "x"}, 2, "leave out -jwt-secret, -uid"},
		{[]string{"-url", "ws://127.0.0.1:1/ws/default", "-token", "x", "x"}, 1, "driplet: "},
		{[]string{"-url", "ws://127.0.0.1:1/ws/default", "x"}, 2, "there is no token"},
	} {
		if r := inProcess(t, append([]string{"call"}, c.args...)...); r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%q: %+v", c.args, r)
		}
	}
}
