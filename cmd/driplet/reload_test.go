package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/driplet/driplet/core/programtest"
	"github.com/driplet/driplet/core/transport/client"
)

// answering is the smallest plugin: it answers every event with a text of at
// most 60 bytes. (WebAssembly 1.0, 5.5: a section is its number, its length and
// its content.)
func answering(text string) []byte {
	const at = 1024
	data := strconv.Quote(text)
	section := func(id byte, content ...byte) []byte { return append([]byte{id, byte(len(content))}, content...) }
	name := func(s string) []byte { return append([]byte{byte(len(s))}, s...) }
	join := func(parts ...[]byte) (out []byte) {
		for _, p := range parts {
			out = append(out, p...)
		}
		return out
	}
	var answer []byte // at << 32 | length as signed LEB128
	for v := int64(at)<<32 | int64(len(data)); ; v >>= 7 {
		if v < 64 {
			answer = append(answer, byte(v))
			break
		}
		answer = append(answer, byte(v)|0x80)
	}
	function := func(code ...byte) []byte { return append([]byte{byte(len(code) + 2), 0}, append(code, 0x0b)...) }
	return join(
		[]byte("\x00asm\x01\x00\x00\x00"),
		section(1, 3, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 3, 0x7f, 0x7f, 0x7f, 1, 0x7e),
		section(3, 3, 0, 1, 2),
		section(5, 1, 0, 1),
		section(7, join([]byte{4}, name("memory"), []byte{2, 0}, name("dr_abi"), []byte{0, 0}, name("dr_alloc"), []byte{0, 1}, name("dr_event"), []byte{0, 2})...),
		section(10, join([]byte{3}, function(0x41, 1), function(0x41, 0x80, 0x10), function(append([]byte{0x42}, answer...)...))...),
		section(11, join([]byte{1, 0, 0x41, 0x80, 0x08, 0x0b}, name(data))...),
	)
}

// putQuiz puts a version of the plugin quiz, which answers its number.
func putQuiz(t *testing.T, dir string, version int) {
	t.Helper()
	writeFile(t, filepath.Join(dir, "quiz.toml"), fmt.Sprintf("name = \"quiz\"\nversion = \"%d\"\nabi = 1\nevents = [\"quiz.*\"]\n", version))
	writeFile(t, filepath.Join(dir, "quiz.wasm"), string(answering(fmt.Sprint("answer ", version))))
}

const adminToken = "0123456789abcdef0123456789abcdef"

// administered starts a server whose configuration lies in dir, and returns
// where it and its admin API listen.
func administered(t *testing.T, dir string) (base, admin string, server *exec.Cmd, log *programtest.Output) {
	t.Helper()
	server = program(dir, nil, "serve")
	out, log := background(t, server)
	out.Await(t, "driplet listens on ", 1)
	log.Await(t, "the admin API listens", 1) // on another stream: perhaps later
	base = strings.TrimSpace(strings.TrimPrefix(out.String(), "driplet listens on "))
	found := regexp.MustCompile(`the admin API listens" url=(\S+)`).FindStringSubmatch(log.String())
	if found == nil {
		t.Fatalf("the log does not say where the admin API is: %s", log)
	}
	return base, found[1], server, log
}

func TestARunningServerTakesPlugins(t *testing.T) {
	plugins := t.TempDir()
	putQuiz(t, plugins, 1)
	dir := write(t, "[Global]\nPort = 0\nPluginDir = "+strconv.Quote(plugins)+"\nAdminToken = \""+adminToken+"\"\nAdminAddress = \"127.0.0.1:0\"\n"+minimal+"[[Endpoints.default.Callbacks]]\nMatch = \"quiz.admin.*\"\nURL = \"http://127.0.0.1:1/\"\n[Endpoints.default.Limits]\nEventsPerSecond = 1000000\n[Endpoints.default.PluginConfig.quiz]\n[Endpoints.default.PluginConfig.quizz]\n")
	base, admin, server, log := administered(t, dir)

	token := strings.TrimSpace(execute(t, program(dir, nil, "token", "-uid", "7")).out)
	conn, err := client.Dial(t.Context(), strings.Replace(base, "http", "ws", 1)+"/ws/default", token)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ask := func() string {
		f, err := conn.Request(t.Context(), client.Request{Type: "event", Event: "quiz.ask", Data: []byte("1")})
		if err != nil {
			t.Fatal(err)
		}
		return string(f.Data)
	}
	answers := func(version int) {
		t.Helper()
		want := strconv.Quote(fmt.Sprint("answer ", version))
		for end := time.Now().Add(90 * time.Second); ask() != want; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("version %d does not answer; the log says %s", version, log)
			}
		}
	}
	answers(1)
	if said := log.String(); !strings.Contains(said, "configures a plugin that it does not have") || strings.Count(said, "configures a plugin") != 1 || !strings.Contains(said, "plugin=quizz") {
		t.Errorf("of a misspelt PluginConfig the log says %s", said)
	}

	// A file put into PluginDir.
	putQuiz(t, plugins, 2)
	answers(2)
	log.Await(t, `msg="a plugin was reloaded" plugin=quiz old=1 new=2`, 1)
	// Told of at the start, and again.
	const shadow = "a plugin takes events that a callback is for: plugins come first\" endpoint=default callback=quiz.admin.*"
	log.Await(t, shadow, 2)

	// A push, which serves when it is answered and is kept.
	author := t.TempDir()
	putQuiz(t, author, 3)
	push := func(args ...string) result {
		return execute(t, program(dir, nil, append([]string{"plugin", "push", "-url", admin, "-token", adminToken}, args...)...))
	}
	if r := push(author); r.code != 0 || r.out != "quiz 2 -> 3 serves default\n" {
		t.Fatalf("exit %d, stdout %q, stderr %q", r.code, r.out, r.err)
	}
	if got := ask(); got != `"answer 3"` {
		t.Errorf("after the push: %s", got)
	}
	if kept, err := os.ReadFile(filepath.Join(plugins, "quiz.wasm")); err != nil || string(kept) != string(answering("answer 3")) {
		t.Errorf("the push is not kept: %v", err)
	}
	if r := push(filepath.Join(author, "quiz.toml")); r.code != 0 || r.out != "quiz 3 serves default already: nothing has changed\n" {
		t.Errorf("exit %d, stdout %q, stderr %q", r.code, r.out, r.err)
	}

	// Versions change while clients ask: every question is answered once, never
	// by an older version than the one before.
	const versions = 30
	var stop atomic.Bool
	var asked atomic.Int64
	var group sync.WaitGroup
	for range 4 {
		conn, err := client.Dial(t.Context(), strings.Replace(base, "http", "ws", 1)+"/ws/default", token)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		group.Go(func() {
			for last := 0; !stop.Load(); asked.Add(1) {
				f, err := conn.Request(t.Context(), client.Request{Type: "event", Event: "quiz.ask", Data: []byte("1")})
				if err != nil {
					t.Error(err)
					return
				}
				var version int
				if _, err := fmt.Sscanf(string(f.Data), `"answer %d"`, &version); err != nil || version < last {
					t.Errorf("%s after version %d", f.Data, last)
					return
				}
				last = version
			}
		})
	}
	api := adminAPI{admin, adminToken}
	for v := 4; v < 4+versions; v++ {
		putQuiz(t, author, v)
		p, err := openPlugin(author)
		if err != nil {
			t.Fatal(err)
		}
		c, err := api.push(t.Context(), p)
		if err != nil || c.New != fmt.Sprint(v) || c.Old != fmt.Sprint(v-1) {
			t.Fatalf("%+v, %v", c, err)
		}
	}
	stop.Store(true)
	group.Wait()
	t.Logf("%d questions, %d versions", asked.Load(), versions)
	const last = 3 + versions

	// What is broken is told of, and changes nothing.
	writeFile(t, filepath.Join(plugins, "quiz.wasm"), "\x00asm half a file")
	log.Await(t, "a plugin was not reloaded: the version before goes on serving; mend it and put or push it again: the server would not start with these files\" plugin=quiz serving=33 error=\"quiz 33: quiz.wasm is not a module that can be loaded", 1)
	if got := ask(); got != strconv.Quote(fmt.Sprint("answer ", last)) {
		t.Errorf("beside a broken file: %s", got)
	}

	// SIGHUP looks at once.
	putQuiz(t, plugins, last+1)
	server.Process.Signal(syscall.SIGHUP)
	log.Await(t, "SIGHUP: looking at all plugins", 1)
	answers(last + 1)

	req, err := http.NewRequestWithContext(t.Context(), "GET", admin+"/admin/plugins", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminToken)
	var list struct {
		Plugins []struct {
			Name, Version, SHA256 string
			Events                []string
			Endpoints             []struct {
				Name, Breaker string
				Instances     int
			}
		}
	}
	getJSON(t, req, &list)
	if p := list.Plugins; len(p) != 1 || p[0].Name != "quiz" || p[0].Version != "34" || len(p[0].SHA256) != 64 || p[0].Events[0] != "quiz.*" ||
		p[0].Endpoints[0].Name != "default" || p[0].Endpoints[0].Breaker != "closed" || p[0].Endpoints[0].Instances < 1 {
		t.Errorf("%+v", list)
	}
	res, err := http.Get(base + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	for _, want := range []string{
		`driplet_plugin_version{endpoint="default",plugin="quiz",version="34"} 1`, `driplet_plugin_reloads_total{outcome="failed",plugin="quiz"} 1`,
	} {
		if !strings.Contains(string(text), want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(string(text), `version="33"`) {
		t.Error("the metrics tell of a version that is gone")
	}
	server.Process.Signal(syscall.SIGTERM)
	if err := server.Wait(); err != nil {
		t.Errorf("%v: %s", err, log)
	}
}

func getJSON(t *testing.T, req *http.Request, v any) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(v); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", req.URL, res.StatusCode, err)
	}
}
