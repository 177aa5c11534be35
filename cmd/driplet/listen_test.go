package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/driplet/driplet/core/programtest"
)

// listening starts 'driplet listen' and waits until it is subscribed.
func listening(t *testing.T, dir string, args ...string) (cmd *exec.Cmd, out, errs *programtest.Output) {
	t.Helper()
	cmd = program(dir, nil, append([]string{"listen", "-endpoint", "default"}, args...)...)
	out, errs = background(t, cmd)
	errs.Await(t, "driplet: listening to ", 1)
	return cmd, out, errs
}

func send(t *testing.T, dir string, args ...string) {
	t.Helper()
	if r := execute(t, program(dir, nil, append([]string{"publish", "-endpoint", "default"}, args...)...)); r.code != 0 {
		t.Fatal(r.err)
	}
}

func TestListen(t *testing.T) {
	dir, server := startServerAt(t, measured, programtest.Port(t))
	cmd, out, errs := listening(t, dir, "-uid", "7", "-role", "editor", "-n", "3", "-topic", "news", "user.7")
	send(t, dir, "-topic", "news", "-include", "roles=writer", "not for us")
	send(t, dir, "-topic", "news", "-include", "id=7", "-event", "paid", `{"order": 1.50}`)
	send(t, dir, "-topic", "user.7", "bell \u009b")
	send(t, dir, "-topic", "news", "null")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err, errs)
	}
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{`  news  paid  {"order":1.50}`, `  user.7  message  "bell \u009b"`, `  news  message  null`, ""} {
		if i >= len(lines) || !strings.HasSuffix(lines[i], want) || want != "" && len(lines[i]) != len("15:04:05.000")+len(want) {
			t.Fatalf("line %d: %q", i, lines)
		}
	}

	raw, out, errs := listening(t, dir, "-json", "news")
	send(t, dir, "-topic", "news", "-event", "paid", `{"order":1}`)
	out.Await(t, "\n", 1)
	var frame map[string]any
	if err := json.Unmarshal([]byte(out.String()), &frame); err != nil || frame["type"] != "message" || frame["event"] != "paid" || frame["topic"] != "news" {
		t.Errorf("%q, %v", out, err)
	}
	raw.Process.Signal(syscall.SIGINT)
	if err := raw.Wait(); err != nil {
		t.Error(err, errs)
	}

	// A server that goes is waited for.
	gone, _, errs := listening(t, dir, "news")
	server.Process.Signal(syscall.SIGTERM)
	errs.Await(t, "connecting again in", 1)
	errs.Await(t, "close code 1001", 1)
	server.Wait()
	background(t, program(dir, nil, "serve"))
	errs.Await(t, "driplet: listening to ", 2)
	gone.Process.Signal(syscall.SIGINT)
	if err := gone.Wait(); err != nil {
		t.Error(err, errs)
	}
}

// What a topic has kept while the server, or the way to it, was away follows.
func TestListenRecovers(t *testing.T) {
	with := strings.Replace(measured, "[Global]", fmt.Sprintf("[Global]\nDataDir = %q", t.TempDir()), 1) +
		"\n[[Endpoints.default.Topics]]\nMatch = \"kept\"\nHistory = { Size = 3 }\n"
	dir, server := startServerAt(t, with, programtest.Port(t))
	cmd, out, errs := listening(t, dir, "kept", "lost")
	send(t, dir, "-topic", "kept", "1")
	out.Await(t, "  kept  message  1\n", 1)
	restart := func() {
		t.Helper()
		server.Process.Signal(syscall.SIGTERM)
		server.Wait()
		server = program(dir, nil, "serve")
		ready, _ := background(t, server)
		ready.Await(t, "\n", 1)
	}
	cmd.Process.Signal(syscall.SIGSTOP) // so that it comes back after what is sent now
	restart()
	for _, m := range []string{"2", "3"} {
		send(t, dir, "-topic", "lost", m)
		send(t, dir, "-topic", "kept", m)
	}
	cmd.Process.Signal(syscall.SIGCONT)
	out.Await(t, "  kept  message  3\n", 1)
	errs.Await(t, "driplet: listening to ", 2)
	if strings.Contains(errs.String(), "were missed") {
		t.Error(errs)
	}

	cmd.Process.Signal(syscall.SIGSTOP)
	restart()
	for _, m := range []string{"4", "5", "6", "7"} {
		send(t, dir, "-topic", "kept", m)
	}
	cmd.Process.Signal(syscall.SIGCONT)
	out.Await(t, "  kept  message  7\n", 1)
	errs.Await(t, "driplet: messages on kept were missed: its history does not reach back to the last one\n", 1)
	heard := ""
	for line := range strings.Lines(out.String()) {
		heard += line[len("15:04:05.000"):]
	}
	if want := "  kept  message  1\n  kept  message  2\n  kept  message  3\n  kept  message  5\n  kept  message  6\n  kept  message  7\n"; heard != want {
		t.Errorf("heard %q", heard)
	}
}

func TestListenRefused(t *testing.T) {
	dir, _ := startServer(t, measured)
	base := "ws://127.0.0.1" + dirPort(t, dir)
	expired := strings.TrimSpace(execute(t, program(dir, nil, "token", "-endpoint", "default", "-claim", "x=1", "-ttl", "1ns")).out)
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"-endpoint default secret.x", 1, "driplet: subscribing to secret.x: forbidden: you may not subscribe to \"secret.x\"\n"},
		{"-endpoint none x", 2, "config.toml has no endpoint 'none'"},
		{"-url " + base + "/ws/other -token x t", 1, "there is no endpoint \"other\" here (not_found, close code 4007)\n"},
		{"-url " + base + " -token nonsense t", 1, "(unauthorized, close code 4006)\n"},
		{"-url " + base + " -token " + expired + " t", 1, "(expired, close code 4006)\n"},
		{"-url " + base + " -jwt-secret wrong t", 1, "the token's signature does not match"},
		{"-url ws://127.0.0.1:1 -token x t", 1, "connection refused. Is the server running?\n"},
		{"-url nonsense -token x t", 2, "is not the URL of a server"},
		{"-url " + base + " t", 2, "there is no token: give -token"},
		{"-endpoint default", 2, "name a topic"},
		{"-endpoint default -n -1 t", 2, "-n -1: it is a number of messages"},
		{"-token x -uid 7 t", 2, "-token says who you are"},
		{"-claim x t", 2, `-claim "x": write key=value`},
		{"-url x -config y t", 2, "choose -config or -url"},
		{"-topic " + strings.Repeat("x", 201), 2, "-topic: topic has 201 bytes"},
	} {
		cmd := program(dir, nil, append([]string{"listen"}, strings.Fields(c.args)...)...)
		if r := execute(t, cmd); r.code != c.code || r.out != "" || !strings.Contains(r.err, c.want) {
			t.Errorf("driplet listen %s: exit %d, stdout %q, stderr %q", c.args, r.code, r.out, r.err)
		}
	}
	// From the environment, as with publish.
	cmd := program(dir, []string{"DRIPLET_URL=" + base, "DRIPLET_JWT_SECRET=jwt-0123456789abcdef"}, "listen", "secret.x")
	if r := execute(t, cmd); r.code != 1 || !strings.Contains(r.err, "you may not subscribe") {
		t.Errorf("exit %d, stderr %q", r.code, r.err)
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{`"é"`: `"é"`, "\"\u009b\x7f\"": `"\u009b\u007f"`, "": ""} {
		if got := visible(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}
