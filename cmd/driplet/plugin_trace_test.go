package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/driplet/driplet/core/transport/client"
)

// What a plugin does in a running server is seen, recorded without sessions,
// and replayed.
func TestPluginTrace(t *testing.T) {
	dir := write(t, "[Global]\nPort = 0\nAdminToken = \""+adminToken+"\"\nAdminAddress = \"127.0.0.1:0\"\n"+minimal+
		"Plugins = [\"chat\"]\n[[Endpoints.default.Topics]]\nMatch = \"chat.*\"\nSubscribe = \"plugin\"\n")
	base, admin, _, _ := administered(t, dir)
	trace := func(args ...string) result {
		return inProcess(t, append([]string{"plugin", "trace", "-url", admin, "-token", adminToken}, args...)...)
	}

	r := trace("chat")
	if r.code != 0 || r.out != "" || r.err != "driplet: so far only failures of chat were kept; from now on every event is, for 10 minutes after the last look\n" {
		t.Fatalf("%+v", r)
	}
	recorded := filepath.Join(dir, "chat.jsonl")
	following := program(dir, nil, "plugin", "trace", "-url", admin, "-token", adminToken, "-follow", "-record", recorded, "chat")
	seen, errs := background(t, following)

	token := strings.TrimSpace(execute(t, program(dir, nil, "token", "-uid", "7")).out)
	conn, err := client.Dial(t.Context(), strings.Replace(base, "http", "ws", 1)+"/ws/default", token)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Request(t.Context(), client.Request{Type: "subscribe", Topic: "chat.lobby"}); err != nil {
		t.Fatal(err)
	}
	for _, event := range []string{"chat.enter", "chat.send", "chat.rooms"} {
		if _, err := conn.Request(t.Context(), client.Request{Type: "event", Event: event, Data: []byte(`{"room":"lobby","text":"hello"}`)}); err != nil {
			t.Fatal(event, err)
		}
	}
	seen.Await(t, "message  chat.rooms  user 7", 1)
	for _, want := range []string{"chat 1.0.0 on default, event ", "  subscribe  chat.lobby  user 7\n", `  message  chat.send  user 7  {"room":"lobby","text":"hello"}`, "publish  chat.lobby  chat.message  {", ", fuel "} {
		if !strings.Contains(seen.String(), want) {
			t.Errorf("missing %q in\n%s", want, seen)
		}
	}
	following.Process.Signal(syscall.SIGINT)
	if err := following.Wait(); err != nil || !strings.Contains(errs.String(), recorded+" will hold claims, data and what the plugin reads from its store") {
		t.Errorf("%v, %s", err, errs)
	}

	text, err := os.ReadFile(recorded)
	if err != nil || strings.Contains(string(text), conn.Welcome().Session) || !strings.Contains(string(text), `"session":"masked-`) {
		t.Errorf("%v, the session is %s in %s", err, conn.Welcome().Session, text)
	}
	if info, err := os.Stat(recorded); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if r = trace("-last", "1", "-endpoint", "default", "-json", "chat"); r.code != 0 || strings.Count(r.out, "\n") != 1 || !strings.Contains(r.out, `"event":{"kind":"message","event":"chat.rooms"`) {
		t.Errorf("%+v", r)
	}
	r = inProcess(t, "plugin", "replay", recorded, copyPlugin(t, "chat"))
	if r.code != 0 || !strings.Contains(r.out, "4 events, 4 the same, 0 different, 0 skipped") {
		t.Errorf("%+v", r)
	}

	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"none"}, 1, `no endpoint has the plugin "none": GET /admin/plugins lists what serves`},
		{[]string{"-endpoint", "shop", "chat"}, 1, `no endpoint "shop" has the plugin`},
		{[]string{"-token", "x", "chat"}, 1, "the token is another than Global.AdminToken"},
		{nil, 2, "it takes one plugin's name, not 0"},
		{[]string{"-last", "-1", "chat"}, 2, "-last -1: it is a number of events"},
		{[]string{"-record", filepath.Join(dir, "none", "file"), "chat"}, 1, "the events cannot be recorded: "},
	} {
		if r := trace(c.args...); r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%q: %+v", c.args, r)
		}
	}
}
