package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/cmd/driplet/trial"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/cases"
)

func pluginRunCommand() command {
	c := command{
		name:    "plugin run",
		args:    "[FOLDER|NAME.toml]",
		summary: "run a server with just this plugin, and print every event",
		help: `
Starts a server for this machine alone with the plugin in FOLDER (default: the
one you are in) on the endpoint "default", with secrets and data that end with
it, and prints how to talk to it. Two instances take the events in turn, so that
state kept in a variable shows at once. Every event is printed with its version,
logs, effects, answer, time and fuel.

When a source changes it is built: by build.sh where the folder has one, else as
by 'driplet plugin build', or npm run build. When the wasm file or the manifest
changes the new version takes over, within two seconds; when something is wrong
with it the old one goes on, and this says what; at the start it waits for the
save that mends it, and ends where build.sh finds no compiler. Topics whose
subscribe hook the plugin has are for it to decide, all others anyone may hear.
Where the manifest grants history, topics keep their last 100 messages. Ctrl-C
ends it.

Examples:
  driplet plugin run
  driplet plugin run -port 6001 plugins/quiz
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		port := fs.Int("port", 4719, "listen on this `port` of 127.0.0.1; 0 is any free one")
		noBuild := fs.Bool("no-build", false, "build nothing: look at the wasm file and the manifest alone")
		rest, code, done := c.parse(t, fs, args)
		switch {
		case done:
			return code
		case len(rest) > 1:
			return c.misused(t, "it takes one plugin, not %d", len(rest))
		case *port < 0 || *port > 65535:
			return c.misused(t, "-port %d: a port is 0 to 65535", *port)
		}
		p, err := openPlugin(append(rest, ".")[0])
		if err != nil {
			return c.cannotOpen(t, err)
		}
		r := &runner{p: p, out: &lockedWriter{w: t.out}, err: t.err, mask: cases.NewMask(), build: !*noBuild, env: t.env}
		if err := r.run(ctx, *port); err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		return exitOK
	}
	return c
}

// runner is a server with one plugin.
type runner struct {
	p     *pluginFolder
	out   io.Writer
	err   io.Writer
	mask  *cases.Mask
	build bool
	env   []string
}

// run serves until ctx ends. What its author can mend keeps it waiting for the
// next save, at the start as later.
func (r *runner) run(ctx context.Context, port int) error {
	for {
		seen := r.p.seen()
		err := r.attempt(ctx, port)
		var broken *unfinished
		if !errors.As(err, &broken) || !r.builds() {
			return err
		}
		text := broken.Error()
		if !strings.HasSuffix(text, saveAgain) {
			text += "\n" + saveAgain
		}
		fmt.Fprintf(r.err, "driplet: %s: it starts then. Ctrl+C ends it\n", text)
		if !r.awaitSave(ctx, seen) {
			return nil
		}
	}
}

// unfinished is what is wrong with the plugin.
type unfinished struct{ error }

// Unwrap is for errors.As.
func (u *unfinished) Unwrap() error { return u.error }

// saveAgain ends what is told of a plugin that is not good yet.
const saveAgain = "Mend it and save again"

// builds reports whether a save can change anything.
func (r *runner) builds() bool { return r.build && r.p.buildCommand() != "" }

// awaitSave waits until the folder is not as seen any more, with a manifest that
// can be read; false: ctx has ended.
func (r *runner) awaitSave(ctx context.Context, seen string) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(lookEvery):
		}
		now := r.p.seen()
		if now == seen {
			continue
		}
		seen = now
		p, err := readPluginFolder(r.p.file())
		if err == nil {
			r.p = p
			return true
		}
		fmt.Fprintf(r.err, "driplet: %v\n", err)
	}
}

// attempt is run, once. The error is *unfinished where the plugin is not good
// enough to begin with.
func (r *runner) attempt(ctx context.Context, port int) (err error) {
	built := time.Now()
	warning, missing := r.p.built()
	if r.builds() && (missing != nil || warning != "") {
		if err = r.rebuild(ctx); err == nil {
			warning, missing = "", nil
		} else if missing == nil {
			warning = fmt.Sprintf("%v\n%s runs as it was built before", err, r.p.wasm())
		} else {
			missing = err
		}
	}
	if errors.Is(missing, errNoTool) {
		return missing
	}
	if missing != nil {
		return &unfinished{missing}
	}
	if warning != "" {
		fmt.Fprintf(r.err, "warning: %s\n", warning)
	}
	data, err := os.MkdirTemp("", "driplet-run-")
	if err != nil {
		return fmt.Errorf("it needs a folder for its data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	dir, err := filepath.Abs(r.p.dir)
	if err != nil {
		return err
	}
	cfg, err := trial.Configuration(port, data, dir, r.p.manifest)
	if err != nil {
		return err
	}
	console, err := trial.NewConsole(cfg.Endpoints[0], r.p.manifest)
	if err != nil {
		return err
	}
	var building sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer building.Wait()
	defer cancel()
	var started atomic.Bool
	log := slog.New(quiet{Handler: slog.NewTextHandler(r.err, &slog.HandlerOptions{Level: slog.LevelInfo})})
	err = serveWith(ctx, cfg, log, pages{root: console, mounts: console.Mounts(), plugins: func(o *plugin.Options) {
		o.TakeTurns, o.Trace = true, r.trace
	}}, func(addresses []string) {
		started.Store(true)
		_, port, _ := net.SplitHostPort(addresses[0])
		r.welcome(cfg, "localhost:"+port)
		if r.build && r.p.buildCommand() != "" {
			building.Go(func() { r.follow(ctx, built) })
		}
	})
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d is taken, perhaps by another driplet: end that one, or choose another port with '%s plugin run -port %d'", port, calledAs(), port+1)
	}
	if err != nil && !started.Load() {
		return &unfinished{err}
	}
	return err
}

func (r *runner) welcome(cfg *config.Config, address string) {
	m := r.p.manifest
	event := "EVENT"
	if len(m.Events) > 0 {
		event = strings.ReplaceAll(m.Events[0].String(), "*", "EVENT")
	}
	fmt.Fprintf(r.out, `%[1]s %[2]s runs at  http://%[3]s

Open that page to send it events, or:

  %[4]s call -url ws://%[3]s/ws/default -jwt-secret '%[5]s' -uid 7 %[6]s '{}'
  %[4]s listen -url ws://%[3]s/ws/default -jwt-secret '%[5]s' -uid 7 TOPIC
  %[4]s publish -url http://%[3]s/api/default -secret '%[7]s' -topic TOPIC '{"text":"hello"}'

Save, and the new version takes over. Ctrl+C ends it.

`, m.Name, m.Version, address, calledAs(), cfg.Endpoints[0].JWTKeys[0].Secret, event, cfg.Endpoints[0].APIKeys[0].Secret)
}

// trace prints an event. It is called for several at once.
func (r *runner) trace(t *plugin.Trace) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s %s\n", time.Now().Format("15:04:05.000"), onOneLine(t.Plugin), onOneLine(t.Version))
	printRecord(&b, "  ", cases.NewRecord(t, r.mask))
	io.WriteString(r.out, b.String())
}

// lookEvery is how often the sources are looked at.
const lookEvery = 300 * time.Millisecond

// follow builds whenever a source is newer than at last.
func (r *runner) follow(ctx context.Context, last time.Time) {
	if _, at := r.p.newestSource(); at.After(last) {
		last = at
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookEvery):
		}
		file, at := r.p.newestSource()
		if !at.After(last) {
			continue
		}
		last = at
		fmt.Fprintf(r.out, "%s  %s has changed\n", time.Now().Format("15:04:05.000"), file)
		if err := r.rebuild(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintf(r.out, "%v\n", err)
		}
	}
}

// rebuild runs the folder's own build; its output shows when it fails.
func (r *runner) rebuild(ctx context.Context) error {
	how := r.p.buildCommand()
	fmt.Fprintf(r.out, "%s  building: %s\n", time.Now().Format("15:04:05.000"), how)
	before, _ := os.ReadFile(r.p.wasm())
	if how == ownBuild {
		var text bytes.Buffer
		if code := pluginBuildCommand().run(ctx, &terminal{in: strings.NewReader(""), out: io.Discard, err: &text, env: r.env}, []string{r.p.dir}); code != exitOK {
			return errors.New(strings.TrimPrefix(strings.TrimSpace(text.String()), "driplet: ") + "\n" + saveAgain)
		}
		return r.built(before)
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", how)
	cmd.Dir = r.p.dir
	cmd.WaitDelay = time.Second // its children may hold the pipe
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == notFound {
		return fmt.Errorf("%s\n%s in %s failed: %w", strings.TrimSpace(string(text)), how, r.p.dir, errNoTool)
	}
	if err != nil {
		return fmt.Errorf("%s\n%s in %s failed: %w. "+saveAgain, strings.TrimSpace(string(text)), how, r.p.dir, err)
	}
	return r.built(before)
}

// notFound is what a shell ends with where a program is missing (POSIX, 2.8.2).
const notFound = 127

// errNoTool: no save mends the build.
var errNoTool = errors.New("a program that it needs is missing. Install it and start again")

// built tells of a build that changes nothing: no version comes of it.
func (r *runner) built(before []byte) error {
	after, err := os.ReadFile(r.p.wasm())
	if err == nil && bytes.Equal(before, after) {
		fmt.Fprintf(r.out, "%s  built: %s is as it was\n", time.Now().Format("15:04:05.000"), filepath.Base(r.p.wasm()))
	}
	return err
}

// lockedWriter lets several events print at once, each in one piece.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Write is io.Writer's.
func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// quiet leaves out of a log what is printed with its event: lines that bear the
// event's kind.
type quiet struct {
	slog.Handler
	ofEvent bool
}

// WithAttrs is slog.Handler's.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		q.ofEvent = q.ofEvent || a.Key == "kind"
	}
	q.Handler = q.Handler.WithAttrs(attrs)
	return q
}

// Handle is slog.Handler's.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	ofEvent := q.ofEvent
	r.Attrs(func(a slog.Attr) bool { ofEvent = ofEvent || a.Key == "kind"; return !ofEvent })
	if ofEvent || r.Level < slog.LevelWarn && !strings.Contains(r.Message, "plugin") {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}
