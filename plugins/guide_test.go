package plugins_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin/plugintest"
	"github.com/driplet/driplet/core/programtest"
	"github.com/driplet/driplet/core/transport/client"
	"github.com/driplet/driplet/plugins"
)

// The guide of README.md, as its reader finds it.

// listings are the blocks in a language below a heading of a README, up to the
// next heading that is as high.
func listings(t *testing.T, file, heading, lang string) (out []string) {
	t.Helper()
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	level := strings.Repeat("#", strings.Index(heading, " "))
	section := regexp.MustCompile(`(?ms)^` + regexp.QuoteMeta(heading) + `\n.*?(^` + level + ` |\z)`).FindString(string(readme))
	for _, m := range regexp.MustCompile("(?s)\n```"+lang+"\n(.*?\n)```\n").FindAllStringSubmatch(section, -1) {
		out = append(out, m[1])
	}
	if len(out) == 0 {
		t.Fatalf("%s has no listing in %s below %q", file, lang, heading)
	}
	return out
}

const guide = "## A moderation filter in ten minutes"

// program is the folder of the real one, built once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "driplet-guide-")
	if err != nil {
		return "", err
	}
	guideFolder = dir
	_, err = programtest.Build(dir)
	return dir, err
})

// guideFolder is what TestMain removes.
var guideFolder string

// reader is who follows the guide: a shell with the program in its path.
type reader struct {
	dir string
	env []string
}

func newReader(t *testing.T, env ...string) *reader {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rebuilt(); err != nil { // it installs the engine and AssemblyScript
		t.Fatal(err)
	}
	engine, err := filepath.Abs(engine)
	if err != nil {
		t.Fatal(err)
	}
	return &reader{dir: t.TempDir(), env: append(append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "RUSTC="+rustc, "DRIPLET_QUICKJS="+engine), env...)}
}

// types runs a listing in folder, below the reader's.
func (r *reader) types(t *testing.T, folder, commands string) string {
	t.Helper()
	cmd := exec.Command("sh", "-euc", commands)
	cmd.Dir, cmd.Env = filepath.Join(r.dir, folder), r.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", commands, err, out)
	}
	return string(out)
}

func (r *reader) writes(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, file), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// filter follows the guide up to a plugin that is built and tested.
func (r *reader) filter(t *testing.T, lang, heading, block, file string) {
	t.Helper()
	commands := listings(t, "README.md", guide, "sh")
	start := strings.Replace(commands[0], "--lang typescript ", "--lang "+lang+" ", 1)
	if !strings.Contains(start, lang) {
		t.Fatalf("the guide does not begin with a language: %s", start)
	}
	r.types(t, "", start)
	if lang == "assemblyscript" { // what npm would fetch
		modules, err := filepath.Abs("node_modules")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(modules, filepath.Join(r.dir, "filter/node_modules")); err != nil {
			t.Fatal(err)
		}
	}
	manifest, err := os.ReadFile(filepath.Join(r.dir, "filter/filter.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(r.dir, "filter", file)); err != nil {
		t.Errorf("the guide says to write over %s: %v", file, err)
	}
	r.writes(t, "filter/"+file, listings(t, "README.md", heading, block)[0])
	r.writes(t, "filter/filter.toml", string(manifest)+listings(t, "README.md", guide, "toml")[0])
	r.writes(t, "filter/cases/say.json", listings(t, "README.md", guide, "json")[0])
	if out := r.types(t, "filter", commands[1]); !strings.Contains(out, "say") {
		t.Errorf("no case was run: %s", out)
	}
}

func TestGuide(t *testing.T) {
	for lang, c := range map[string]struct{ heading, block, file string }{
		"typescript":     {"### TypeScript and JavaScript", "js", "main.ts"},
		"javascript":     {"### TypeScript and JavaScript", "js", "main.js"},
		"assemblyscript": {"### AssemblyScript", "ts", "index.ts"},
		"go":             {"### Go", "go", "main.go"},
		"rust":           {"### Rust", "rust", "main.rs"},
		"c":              {"### C", "c", "main.c"},
	} {
		t.Run(lang, func(t *testing.T) { newReader(t).filter(t, lang, c.heading, c.block, c.file) })
	}
}

// The plugin goes into a server that runs, and does there what it is for.
func TestGuideServes(t *testing.T) {
	ports := [2]string{}
	for i := range ports {
		ports[i] = programtest.Port(t)
	}
	r := newReader(t, "DRIPLET_GLOBAL_PORT="+ports[0], "DRIPLET_GLOBAL_ADMINADDRESS=127.0.0.1:"+ports[1],
		"DRIPLET_ENDPOINTS_DEFAULT_APISECRET=api-secret-of-the-guide-0123456789", "DRIPLET_ENDPOINTS_DEFAULT_JWTSECRET=jwt-secret-of-the-guide-0123456789")
	r.filter(t, "c", "### C", "c", "main.c")
	r.writes(t, "config.toml", strings.Replace(listings(t, "README.md", guide, "toml")[1], `"…"`, `"`+strings.Repeat("guide-", 6)+`"`, 1))
	if err := os.Mkdir(filepath.Join(r.dir, "plugins"), 0o700); err != nil {
		t.Fatal(err)
	}

	server := exec.Command("driplet", "serve")
	for _, e := range r.env {
		if path, ok := strings.CutPrefix(e, "PATH="); ok {
			server.Path = filepath.Join(strings.SplitN(path, ":", 2)[0], "driplet")
			server.Err = nil
		}
	}
	server.Dir, server.Env = r.dir, r.env
	said := &bytes.Buffer{}
	server.Stderr = said
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
		if t.Failed() {
			t.Log(said)
		}
	})
	if _, err := out.Read(make([]byte, 1)); err != nil { // its address: it listens
		t.Fatalf("the server did not start: %v", err)
	}
	r.types(t, "filter", listings(t, "README.md", guide, "sh")[2])

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	heard := make(chan *client.Frame, 10)
	connect := func(uid string) *client.Conn {
		token := strings.TrimSpace(r.types(t, "", "driplet token -uid "+uid))
		d := client.Dialer{Hear: func(_ *client.Conn, f *client.Frame) { heard <- f }}
		c, err := d.Dial(ctx, "ws://127.0.0.1:"+ports[0]+"/ws/default", token)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	c := connect("7")
	say := func(text string) error {
		_, err := c.Request(ctx, client.Request{Type: "event", Event: "filter.say", Data: []byte(fmt.Sprintf(`{"room":"lobby","text":%q}`, text))})
		return err
	}
	if err := say("hello"); core.AsError(err).Code != "filter.not_member" {
		t.Errorf("without a subscription: %v", err)
	}
	if _, err := c.Request(ctx, client.Request{Type: "subscribe", Topic: "filter.lobby"}); err != nil {
		t.Fatal(err)
	}
	if err := say("hello"); err != nil {
		t.Fatal(err)
	}
	if f := <-heard; string(f.Message) != `{"from":"7","text":"hello"}` {
		t.Errorf("heard %s", f.Raw)
	}
	for range 3 {
		if err := say("oh, blast it"); core.AsError(err).Code != "filter.word" {
			t.Errorf("got %v", err)
		}
	}
	if err := say("sorry"); core.AsError(err).Code != "filter.muted" {
		t.Errorf("got %v", err)
	}
}

// The listings of the library in JavaScript are bundled without a warning.
func TestListingsOfJavaScript(t *testing.T) {
	for _, text := range listings(t, "pdk/javascript/README.md", "# The guest library in JavaScript and TypeScript", "ts") {
		dir := scaffold(t, "typescript", "main.ts", text)
		buildJavaScript(t, dir, "main.ts")
	}
}

// scaffold is a new plugin "filter" whose main file is text; "": as it is.
func scaffold(t *testing.T, lang, file, text string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "filter")
	if err := plugins.Scaffold(dir, lang, "filter"); err != nil {
		t.Fatal(err)
	}
	if text != "" {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runListing runs the case of README.md about histories.
func runListing(t *testing.T, wasm string) {
	t.Helper()
	code, err := os.ReadFile(wasm)
	if err != nil {
		t.Fatal(err)
	}
	source := fstest.MapFS{"room.wasm": {Data: code}, "room.toml": {Data: []byte(`name = "room"
version = "1.0.0"
abi = 1
events = ["room.*"]
[capabilities]
history = ["room.*"]
subscribe = ["room.*"]
publish = ["greeter.*"]
`)}}
	text := listings(t, "README.md", "## What a topic has kept", "json")[0]
	if err := plugintest.RunCase(t.Context(), source, "room", []byte(text), ""); err != nil {
		t.Error(err)
	}
}

// What the guest libraries' READMEs say to type works in a new plugin, and
// their listings compile; so do those of README.md outside the guide.
func TestListingsOfLibraries(t *testing.T) {
	if _, err := rebuilt(); err != nil {
		t.Fatal(err)
	}
	modules, err := filepath.Abs("node_modules")
	if err != nil {
		t.Fatal(err)
	}
	goListing := listings(t, "pdk/go/README.md", "# The guest library in Go", "go")[0]
	for _, c := range []struct{ lang, file, title, listing string }{
		{"assemblyscript", "index.ts", "# The guest library in AssemblyScript", ""},
		{"c", "main.c", "# The guest library in C", ""},
		{"go", "main.go", "# The guest library in Go", goListing},
		{"rust", "main.rs", "# The guest library in Rust", ""},
	} {
		t.Run(c.lang, func(t *testing.T) {
			dir := scaffold(t, c.lang, c.file, c.listing)
			if c.lang == "assemblyscript" { // a module each, in one go
				imports := ""
				for i, heading := range []string{"## Looking at what others publish", "## What a topic has kept", "## Requests from a backend"} {
					name := fmt.Sprintf("listing%d", i)
					imports += fmt.Sprintf("import \"./%s\";\n", name)
					if err := os.WriteFile(filepath.Join(dir, name+".ts"), []byte(listings(t, "README.md", heading, "ts")[0]), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if err := os.WriteFile(filepath.Join(dir, c.file), []byte(imports), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			commands := strings.ReplaceAll(listings(t, "pdk/"+c.lang+"/README.md", c.title, "sh")[0], "NAME", "filter")
			for command := range strings.Lines(commands) {
				wasm := filepath.Join(dir, "filter.wasm")
				cmd := exec.Command("sh", "-euc", command)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "RUSTC="+rustc, "GOWORK=off", "PATH="+filepath.Join(modules, ".bin")+":"+os.Getenv("PATH"))
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", command, err, out)
				}
				if c.lang == "assemblyscript" {
					runListing(t, wasm)
				}
				if err := os.Remove(wasm); err != nil {
					t.Errorf("%s: %v", command, err)
				}
			}
		})
	}
}
