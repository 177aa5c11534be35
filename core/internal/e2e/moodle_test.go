//go:build unix

package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/driplet/driplet/core/internal/testkit"
	"github.com/driplet/driplet/core/programtest"
)

// php runs a script for every path, as many requests at a time as workers, and
// returns its address.
func php(t *testing.T, script string, workers int, env ...string) string {
	t.Helper()
	addr := "127.0.0.1:" + programtest.Port(t)
	said := &programtest.Output{}
	cmd := exec.Command("php", "-d", "display_errors=0", "-d", "log_errors=0", "-S", addr, script)
	cmd.Env = append(append(os.Environ(), fmt.Sprintf("PHP_CLI_SERVER_WORKERS=%d", workers)), env...)
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its workers end with it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
		if t.Failed() {
			t.Log(said)
		}
	})
	testkit.Until(t, "PHP listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return addr
}

// moodleEndpoint is an endpoint with the plugin moodle; settings are lines of
// its configuration.
func moodleEndpoint(name string, settings ...string) string {
	return fmt.Sprintf("[Endpoints.%s]\nAPISecret = %q\nJWTSecret = %q\nPlugins = [\"moodle\", \"chat\"]\n[[Endpoints.%s.Topics]]\nMatch = \"chat.*\"\nSubscribe = \"plugin\"\n[Endpoints.%s.PluginConfig.moodle]\n%s\n",
		name, testkit.APISecret, testkit.JWTSecret, name, name, strings.Join(settings, "\n"))
}

// on connects a user of an endpoint; "" is an anonymous one.
func (p *process) on(endpoint, user string) *testkit.Socket {
	claims := map[string]any{}
	if user != "" {
		claims["uid"] = user
	}
	w := p.Upgrade("/ws/" + endpoint + "?v=2&token=" + p.Token(map[string]any{"custom": claims}))
	w.Wait(`"welcome"`)
	return w
}

// outcome is what an event got: data, or the error's code and message.
type outcome struct {
	Data  json.RawMessage
	Error struct{ Code, Message string }
}

func call(t *testing.T, w *testkit.Socket, component, data string) (o outcome) {
	t.Helper()
	if err := json.Unmarshal([]byte(w.Ask(fmt.Sprintf(`{"type":"event","event":%q,"data":%s,"id":1}`, component, data))), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestMoodle(t *testing.T) {
	release := filepath.Join(t.TempDir(), "release")
	addr := php(t, "testdata/moodle.php", 4, "MOODLE_KEY=k3y", "MOODLE_RELEASE="+release)
	stuck := php(t, "testdata/moodle.php", 1, "MOODLE_KEY=k3y", "MOODLE_RELEASE="+release)
	later := filepath.Join(t.TempDir(), "release")
	busy := php(t, "testdata/moodle.php", 1, "MOODLE_KEY=k3y", "MOODLE_RELEASE="+later)
	hook := "url = \"http://" + addr + "/admin/tool/realtime/callback.php?site=1\""
	closed := "127.0.0.1:" + programtest.Port(t) // an address where nobody answers
	// The operator's own manifest, for the code in the binary.
	plugins := t.TempDir()
	manifest, err := os.ReadFile("../../../plugins/moodle/moodle.toml")
	if err != nil {
		t.Fatal(err)
	}
	manifest = bytes.Replace(manifest, []byte("events = ["), []byte("events = [\"site_*\","), 1)
	if err := os.WriteFile(filepath.Join(plugins, "moodle.toml"), manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	p := serveConfig(t, "0", "", "[Global]\nPluginDir = \""+plugins+"\"\n"+moodleEndpoint("default", hook, `key = "k3y"`, "timeout = 30000")+
		moodleEndpoint("impatient", strings.Replace(hook, addr, stuck, 1), `key = "k3y"`, "timeout = 300")+
		moodleEndpoint("busy", strings.Replace(hook, addr, busy, 1), `key = "k3y"`, "timeout = 30000")+
		moodleEndpoint("wrongkey", hook, `key = "another"`)+
		moodleEndpoint("open", hook, `key = "k3y"`, "anonymous = true")+
		moodleEndpoint("dead", `url = "http://`+closed+`/"`, `key = "k3y"`)+
		moodleEndpoint("unset"))

	t.Run("answers", func(t *testing.T) {
		w := p.on("default", "7")
		if o := call(t, w, "mod_echo", `{"payload":{"a":[1.50,"Žluť/\"😀"]},"sesskey":"aBc","user":"1"}`); string(o.Data) != `["7",{"a":[1.5,"\u017dlu\u0165\/\"\ud83d\ude00"]},"aBc"]` {
			t.Errorf("%s %+v", o.Data, o.Error)
		}
		if o := call(t, p.on("open", ""), "mod_echo", `{"payload":null}`); string(o.Data) != `["",null,""]` {
			t.Errorf("%s %+v", o.Data, o.Error)
		}
		if o := call(t, w, "mod_large", `{"payload":60000}`); len(o.Data) != 60004 {
			t.Errorf("%d bytes, %+v", len(o.Data), o.Error)
		}
	})
	t.Run("errors", func(t *testing.T) {
		for _, c := range []struct{ endpoint, user, component, data, code, message string }{
			{"default", "7", "mod_refuses", `{"payload":1}`, "moodle.error", "No such attempt"},
			{"default", "7", "mod_echo", `{"payload":1,"sesskey":"outworn"}`, "unauthorized", "Session expired"},
			{"default", "7", "mod_unknown", `{"payload":1}`, "moodle.error", "No component mod_unknown"},
			{"default", "7", "site_unknown", `{"payload":1}`, "moodle.error", "No component site_unknown"},
			{"default", "7", "mod_broken", `{"payload":1}`, "unavailable", "Moodle answered HTTP 500; try again later"},
			{"default", "7", "mod_notice", `{"payload":1}`, "moodle.bad_answer", "Moodle's answer is not"},
			{"default", "7", "mod_half", `{"payload":1}`, "unavailable", "Moodle cannot be reached"},
			{"default", "7", "mod_large", `{"payload":65536}`, "too_large", "larger than a caller can be given"},
			{"default", "7", "mod_large", `{"payload":262000}`, "too_large", "larger than a caller can be given"},
			{"default", "7", "mod_large", `{"payload":300000}`, "too_large", "larger than a caller can be given"},
			{"default", "7", "mod_moved", `{"payload":1}`, "unavailable", "Moodle cannot be reached"},
			{"default", "7", "mod_echo", `{"payload":"` + strings.Repeat("x", 65470) + `"}`, "too_large", "bytes for Moodle, the limit is 65536"},
			{"default", "7", "mod_echo", `{}`, "bad_request", "payload is missing"},
			{"default", "", "mod_echo", `{"payload":1}`, "unauthorized", "belongs to no user"},
			{"default", "7", "other", `{"payload":1}`, "no_handler", ""},
			{"wrongkey", "7", "mod_echo", `{"payload":1}`, "unauthorized", "Authorisation failed"},
			{"dead", "7", "mod_echo", `{"payload":1}`, "unavailable", "Moodle cannot be reached; try again later"},
			{"unset", "7", "mod_echo", `{"payload":1}`, "moodle.not_configured", "does not know its Moodle yet"},
			{"impatient", "7", "mod_slow", `{"payload":1}`, "timeout", "did not answer in time"},
		} {
			o := call(t, p.on(c.endpoint, c.user), c.component, c.data)
			if o.Error.Code != c.code || !strings.Contains(o.Error.Message, c.message) || o.Data != nil {
				t.Errorf("%s %s: %.200s %+v, want %s", c.endpoint, c.component, o.Data, o.Error, c.code)
			}
		}
		for _, want := range []string{
			"endpoint=unset", "set url (Moodle's webhook) and key (the X-Moodle-Key of Moodle's settings)",
			"is key the X-Moodle-Key of Moodle's settings?", "connection refused",
		} {
			testkit.Until(t, "the log says "+want, func() bool { return strings.Contains(p.errs.String(), want) })
		}
		if strings.Contains(p.errs.String(), "k3y") {
			t.Error("the log shows the key")
		}
	})
	t.Run("an unconfigured plugin leaves the others alone", func(t *testing.T) {
		w := p.on("unset", "7")
		w.Subscribe("chat.lobby")
		if o := call(t, w, "chat.typing", `{"room":"lobby"}`); o.Error.Code != "" {
			t.Errorf("%+v", o.Error)
		}
	})
	t.Run("many callers", func(t *testing.T) {
		var group sync.WaitGroup
		for n := 1; n <= 25; n++ {
			w := p.In(t).V2(p.User(n))
			group.Go(func() {
				for i := 1; i <= 10; i++ {
					w.Say(fmt.Sprintf(`{"type":"event","event":"mod_echo","data":{"payload":%d},"id":%d}`, n*100+i, i))
				}
				for range 10 {
					var r struct {
						ID   int
						Data []any
					}
					frame := w.Wait(`"id":`)
					if err := json.Unmarshal([]byte(frame), &r); err != nil || len(r.Data) != 3 || r.Data[0] != fmt.Sprint(n) || r.Data[1] != float64(n*100+r.ID) {
						t.Errorf("user %d heard %s", n, frame)
					}
				}
			})
		}
		group.Wait()
	})
	t.Run("a reload loses no answer", func(t *testing.T) {
		w := p.on("busy", "7")
		for i := range 10 {
			w.Say(fmt.Sprintf(`{"type":"event","event":"mod_slow","data":{"payload":1},"id":"before%d"}`, i))
		}
		w.Subscribe("chat.lobby") // all are with the plugin
		manifest = bytes.Replace(manifest, []byte(`"site_*"`), []byte(`"place_*"`), 1)
		if err := os.WriteFile(filepath.Join(plugins, "moodle.toml"), manifest, 0o600); err != nil {
			t.Fatal(err)
		}
		testkit.Until(t, "the new manifest serves", func() bool { return strings.Contains(p.errs.String(), "a plugin was reloaded") })
		if err := os.WriteFile(later, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			if got := w.Wait(`"id":"before`); !strings.Contains(got, `"data":"at last"`) {
				t.Error(got)
			}
		}
		if o := call(t, w, "place_x", `{"payload":1}`); o.Error.Message != "No component place_x" {
			t.Errorf("%+v", o.Error)
		}
		if o := call(t, w, "site_unknown", `{"payload":1}`); o.Error.Code != "no_handler" {
			t.Errorf("%+v", o.Error)
		}
	})
	t.Run("a slow Moodle holds nobody else up", func(t *testing.T) {
		slow := p.V2(p.User(1))
		for i := range 40 { // more than PHP takes at a time
			slow.Say(fmt.Sprintf(`{"type":"event","event":"mod_slow","data":{"payload":1},"id":"slow%d"}`, i))
		}
		slow.Subscribe("chat.lobby") // nor the same client's other requests
		others := p.V2(p.User(2))
		others.Subscribe("chat.lobby")
		for range 20 {
			if o := call(t, others, "chat.typing", `{"room":"lobby"}`); o.Error.Code != "" {
				t.Fatalf("%+v", o.Error)
			}
		}
		if err := os.WriteFile(release, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 40 {
			slow.Wait(`"data":"at last"`)
		}
	})
	if a := p.Get("/"); a.Status != 200 {
		t.Errorf("the server: %d", a.Status)
	}
}
