//go:build unix

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
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/driplet/driplet/core/programtest"
)

// patience is how long a step may take on a busy machine.
const patience = 2 * time.Minute

// reader goes through README.md with a home folder, two terminals and a browser.
type reader struct {
	t       *testing.T
	home    string
	env     []string
	ports   *strings.Replacer
	server  string // http://127.0.0.1:PORT of driplet serve
	site    string // and of php -S
	serving *process
	output  func() string   // of the last shell block
	unused  map[string]bool // saved files that nothing has used yet
	browser *browser
}

func newReader(t *testing.T) *reader {
	t.Helper()
	port, sitePort := programtest.Port(t), programtest.Port(t)
	home := t.TempDir()
	r := &reader{
		t: t, home: home,
		ports:  strings.NewReplacer("4719", port, "8080", sitePort),
		server: "http://127.0.0.1:" + port,
		site:   "http://127.0.0.1:" + sitePort,
		unused: map[string]bool{},
	}
	bin := filepath.Join(home, "go", "bin")
	r.env = []string{
		"HOME=" + home, "TMPDIR=" + t.TempDir(), "GOBIN=" + bin, "PATH=" + bin + ":" + os.Getenv("PATH"),
		"DRIPLET_GLOBAL_PORT=" + port,
	}
	var goEnv map[string]string
	out, err := exec.Command("go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOFLAGS", "GOSUMDB").Output()
	if err == nil {
		err = json.Unmarshal(out, &goEnv)
	}
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	for name, value := range goEnv {
		r.env = append(r.env, name+"="+value)
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	r.keep("cd '" + here + "'\n")
	r.browser = startBrowser(t, here)
	return r
}

// run does what a reader would do with a block; what nobody would know how to
// run fails.
func (r *reader) run(b block) {
	r.t.Helper()
	b.text = r.ports.Replace(b.text)
	r.t.Logf("line %d: %s", b.line, strings.SplitN(b.text, "\n", 2)[0])
	name := ""
	if m := regexp.MustCompile(`^(?:# |<\?php // |<!-- )([a-z]+\.[a-z]+)`).FindStringSubmatch(b.text); m != nil {
		name = m[1]
	}
	switch {
	case name != "":
		r.save(name, b.text+"\n")
	case b.info == "sh" && b.text == "go run ./cmd/driplet demo":
		r.demo(b.text)
	case b.info == "sh" && b.text == "make test":
		r.shell("make --dry-run test")
	case b.info == "sh" && b.text == "driplet serve":
		r.serve(b.text)
	case b.info == "sh":
		// What is at that address is what lies here.
		r.shell(strings.ReplaceAll(b.text, "github.com/driplet/driplet/cmd/driplet@latest", "./cmd/driplet"))
	case b.info == "text":
		r.compare(b.text)
	case b.info == "toml":
		r.configure(b.text)
	case b.info == "nginx":
		r.proxy(b.text)
	default:
		r.t.Fatalf("README.md:%d: nothing runs this block of %s: name a file in its first line, or teach the test to run it", b.line, b.info)
	}
}

// shell runs commands where the ones before have left folder and variables.
func (r *reader) shell(commands string) {
	r.t.Helper()
	r.output = r.aside(commands)
	for name := range r.unused {
		if strings.Contains(commands, name) {
			delete(r.unused, name)
		}
	}
}

// aside does the same for the test alone; output is what the commands said.
func (r *reader) aside(commands string) (output func() string) {
	r.t.Helper()
	state := filepath.Join(r.home, ".terminal")
	p := r.start("set -e; . '"+state+"'\n"+commands+"\n{ printf 'cd %q\\n' \"$PWD\"; export -p; } >'"+state+"'", "")
	if err := p.wait(); err != nil {
		r.t.Fatalf("%s\n%v\n%s", commands, err, p.output())
	}
	return p.output
}

func (r *reader) keep(state string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.home, ".terminal"), []byte(state), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *reader) tour(name string) string { return filepath.Join(r.home, "tour", name) }

func (r *reader) save(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(r.tour(name), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.unused[name] = true
	if name == "token.php" || strings.HasSuffix(name, ".html") {
		delete(r.unused, name) // the browser asks for it, and what it shows is looked at
	}
}

func (r *reader) allUsed() {
	r.t.Helper()
	for name := range r.unused {
		r.t.Errorf("README.md has the file %s, which no command uses", name)
	}
}

// serve ends the server that runs, if there is one, and starts it.
func (r *reader) serve(command string) {
	r.t.Helper()
	if r.serving != nil {
		r.interrupt(r.serving)
	}
	r.serving = r.start("exec "+command, r.tour(""))
	r.output = r.serving.output
	r.await(r.server + "/api/default/ping")
}

// demo starts the demo, looks at its pages, and ends it.
func (r *reader) demo(command string) {
	r.t.Helper()
	p := r.start(command+" -port 0", root)
	said := regexp.MustCompile(`Driplet's demo is at  (http://localhost:\d+)`)
	r.until("the demo to start", func() bool { return said.MatchString(p.output()) || p.ended() })
	m := said.FindStringSubmatch(p.output())
	if m == nil {
		r.t.Fatalf("%s: %s", command, p.output())
	}
	for path, want := range map[string]string{
		"/": "<title>Driplet</title>", "/demo/chat/": "<script", "/demo/analytics/": "<script", "/sdk/driplet.js": "DripletClient",
		"/metrics": "driplet_connections",
	} {
		if body := r.get(m[1] + path); !strings.Contains(body, want) {
			r.t.Errorf("the demo's %s lacks %q:\n%.500s", path, want, body)
		}
	}
	r.browser.open("chat", m[1]+"/demo/chat/")
	r.browser.until("chat", `document.querySelector("form") !== null`)
	p.signal(syscall.SIGINT)
	p.wait() // go run itself ends with 1 after Ctrl+C
	if left, _ := filepath.Glob(filepath.Join(r.variable("TMPDIR"), "driplet-demo-*")); len(left) > 0 {
		r.t.Errorf("the demo left %v", left)
	}
}

// compare looks for lines in what the last shell block said. … stands for
// anything, also for any number of lines.
func (r *reader) compare(want string) {
	r.t.Helper()
	pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(want)), "…", `[\s\S]*`)
	match := regexp.MustCompile(`^\s*` + pattern + `\s*$`)
	r.until(fmt.Sprintf("the output\n%s\n", want), func() bool {
		return match.MatchString(r.output())
	})
}

// proxy checks the three lines that a WebSocket needs: they are the same that
// the server tells somebody whose proxy lacks them.
func (r *reader) proxy(text string) {
	r.t.Helper()
	advice := r.get(r.server + "/ws/default")
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		quoted, _ := json.Marshal(line)
		if strings.Contains(advice, strings.Trim(string(quoted), `"`)) && line != "}" {
			lines = append(lines, line)
		}
	}
	if len(lines) != 3 || !strings.Contains(text, "proxy_pass "+r.server+";") {
		r.t.Errorf("of the server's three lines for nginx README.md has %q; the server says %s", lines, advice)
	}
}

// configure puts lines into config.toml, each under its heading, as somebody
// with an editor would, and lets the server check the result. It takes none
// away: what the README says to write must not stand there already.
func (r *reader) configure(text string) {
	r.t.Helper()
	data, err := os.ReadFile(r.tour("config.toml"))
	if err != nil {
		r.t.Fatal(err)
	}
	config := strings.Split(strings.TrimSpace(string(data)), "\n")
	at := 0 // where the next line goes
	for _, line := range strings.Split(text, "\n") {
		switch {
		case line == "":
		case strings.Contains(line, " = "):
			config = slices.Insert(config, at, line)
			at++
		case strings.HasPrefix(line, "[[") || !slices.Contains(config, line):
			config = append(config, "", line)
			at = len(config)
		default:
			at = slices.Index(config, line) + 1
		}
	}
	if err := os.WriteFile(r.tour("config.toml"), []byte(strings.Join(config, "\n")+"\n"), 0o600); err != nil {
		r.t.Fatal(err)
	}
	output := r.aside("driplet config check")()
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, " = ") && !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(line)+` +# config.toml:\d+$`).MatchString(output) {
			r.t.Errorf("the configuration does not have %q:\n%s", line, strings.Join(config, "\n"))
		}
	}
}

func (r *reader) variable(name string) string {
	for _, pair := range r.env {
		if value, found := strings.CutPrefix(pair, name+"="); found {
			return value
		}
	}
	return ""
}

func (r *reader) get(url string) string {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html, */*")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(body)
}

// await waits for a server that answers.
func (r *reader) await(url string) {
	r.t.Helper()
	r.until(url, func() bool {
		res, err := http.Get(url)
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

func (r *reader) awaitSite() { r.await(r.site + "/") }

func (r *reader) until(what string, done func() bool) {
	r.t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			output := ""
			if r.output != nil {
				output = r.output()
			}
			r.t.Fatalf("waited in vain for %s; the last command said:\n%s", what, output)
		}
	}
}

func (r *reader) interrupt(p *process) {
	r.t.Helper()
	p.signal(syscall.SIGINT)
	if err := p.wait(); err != nil {
		r.t.Errorf("after Ctrl+C: %v\n%s", err, p.output())
	}
}
