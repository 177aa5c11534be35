package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/driplet/driplet/core/plugin/cases"
)

func pluginTestCommand() command {
	c := command{
		name:    "plugin test",
		args:    "[FOLDER|NAME.toml] [CASE...]",
		summary: "run a plugin's test cases",
		help: `
Runs cases/*.json of the plugin in FOLDER (default: the one you are in) against
its built wasm file, in the server's own host: two instances take the events in
turn, so that state kept in a variable shows at once. A CASE is a file's name
with or without .json, or a part of it with *. 'driplet help plugin cases'
tells the format; what is left out of "expect" is not looked at.

It prints where an answer, an effect or a stored value is another than expected;
-v prints every event with its time, fuel, logs and effects; -update writes what
came into the cases, only where they look. Exit code 1: a case failed.

Examples:
  driplet plugin test
  driplet plugin test -v plugins/quiz send 'admin*'
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		verbose := fs.Bool("v", false, "print every event")
		update := fs.Bool("update", false, "write what came into the cases, where they look")
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		folder := "."
		if len(rest) > 0 && isPluginFolder(rest[0]) {
			folder, rest = rest[0], rest[1:]
		}
		p, err := openPlugin(folder)
		if err != nil && folder == "." && len(rest) > 0 {
			return c.misused(t, "there is no folder %s, and for a case of that name: %v", rest[0], err)
		}
		if err != nil {
			return c.cannotOpen(t, err)
		}
		files, err := p.cases(rest)
		if err != nil {
			return c.misused(t, "%v", err)
		}
		warning, err := p.built()
		if err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		if warning != "" {
			fmt.Fprintf(t.err, "warning: %s\n", warning)
		}
		cache, err := os.MkdirTemp("", "driplet-test-")
		if err != nil {
			fmt.Fprintf(t.err, "driplet: compiled code needs a folder: %v\n", err)
			return exitFailure
		}
		defer os.RemoveAll(cache)
		r := caseRunner{p: p, out: t.out, cache: cache, verbose: *verbose, update: *update}
		return r.all(ctx, files)
	}
	return c
}

// cases are the files of the cases that the names choose; none is all.
func (p *pluginFolder) cases(names []string) ([]string, error) {
	dir := filepath.Join(p.dir, "cases")
	if len(names) == 0 {
		names = []string{"*"}
	}
	var files []string
	for _, name := range names {
		base := strings.TrimSuffix(filepath.Base(name), ".json") + ".json"
		found, err := filepath.Glob(filepath.Join(dir, base))
		if err != nil || len(found) == 0 {
			have, _ := filepath.Glob(filepath.Join(dir, "*.json")) // the pattern is well formed
			if len(have) == 0 {
				return nil, fmt.Errorf("%s holds no test cases: write one, NAME.json with an event and what is expected", dir)
			}
			for i := range have {
				have[i] = strings.TrimSuffix(filepath.Base(have[i]), ".json")
			}
			return nil, fmt.Errorf("there is no case %q: choose of %s", name, strings.Join(have, ", "))
		}
		for _, file := range found {
			if !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	return files, nil
}

// caseRunner runs the cases of a plugin and prints how they went.
type caseRunner struct {
	p               *pluginFolder
	out             io.Writer
	cache           string
	verbose, update bool
}

// caseDeadline is the least deadline of a case's events: the first ones run beside
// a compiler. Each is told that took longer than the manifest allows.
const caseDeadline = time.Second

func (r *caseRunner) all(ctx context.Context, files []string) int {
	failed, events := 0, 0
	start := time.Now()
	for _, file := range files {
		n, ok := r.one(ctx, file)
		events += n
		if !ok {
			failed++
		}
		if ctx.Err() != nil {
			fmt.Fprintln(r.out, "interrupted")
			return exitFailure
		}
	}
	m := r.p.manifest
	fmt.Fprintf(r.out, "%s %s: ", m.Name, m.Version)
	if failed > 0 {
		fmt.Fprintf(r.out, "%d of %s failed\n", failed, counted(len(files), "case"))
		return exitFailure
	}
	fmt.Fprintf(r.out, "%s passed, %s, %s\n", counted(len(files), "case"), counted(events, "event"), time.Since(start).Round(time.Millisecond))
	return exitOK
}

// one runs a case; events is how many it had.
func (r *caseRunner) one(ctx context.Context, file string) (events int, ok bool) {
	name := strings.TrimSuffix(filepath.Base(file), ".json")
	src, err := os.ReadFile(file)
	var c *cases.Case
	if err == nil {
		c, err = cases.Parse(src)
	}
	var report strings.Builder
	ok = true
	if err == nil {
		events = len(c.Steps)
		var played []*cases.Played
		err = cases.Play(ctx, os.DirFS(r.p.dir), r.p.manifest.Name, c, cases.Options{Cache: r.cache, LeastDeadline: caseDeadline, Played: func(s *cases.Played) {
			played = append(played, s)
			ok = r.step(&report, s) && ok
		}})
		if err == nil && !ok && r.update {
			return events, r.rewrite(file, name, src, played)
		}
	}
	if err != nil {
		ok = false
		fmt.Fprintf(&report, "      %s\n", strings.ReplaceAll(err.Error(), "\n", "\n      "))
	}
	verdict := "ok  "
	if !ok {
		verdict = "FAIL"
	}
	fmt.Fprintf(r.out, "%s  %s\n%s", verdict, name, report.String())
	return events, ok
}

// step reports one step; ok is that nothing differs.
func (r *caseRunner) step(w io.Writer, s *cases.Played) (ok bool) {
	ok = len(s.Differences) == 0
	slow := s.Trace != nil && s.Trace.Took > r.p.manifest.Limits.Deadline
	if ok && !slow && !r.verbose {
		return ok
	}
	fmt.Fprintf(w, "      %s\n", onOneLine(s.String()))
	if r.verbose && s.Trace != nil {
		printRecord(w, "        ", cases.NewRecord(s.Trace, nil))
	}
	if slow {
		fmt.Fprintf(w, "        slow: it took %s, the deadline in %s.toml is %s\n", s.Trace.Took.Round(time.Microsecond), r.p.manifest.Name, r.p.manifest.Limits.Deadline)
	}
	for _, d := range s.Differences {
		printDifference(w, "        ", d)
	}
	if !ok && !r.verbose && s.Trace != nil {
		printLogs(w, "        ", s.Trace.Logs) // where a guest library says why it failed
	}
	return ok
}

// printDifference prints a difference, what was wanted above what came.
func printDifference(w io.Writer, indent string, d cases.Difference) {
	if d.Path == "" {
		fmt.Fprintf(w, "%s%s\n", indent, visible(d.Got))
		return
	}
	printPair(w, indent, d, "want", "got")
}

// printChange prints a difference between then and now.
func printChange(w io.Writer, indent string, d cases.Difference) {
	printPair(w, indent, d, "then", "now")
}

func printPair(w io.Writer, indent string, d cases.Difference, first, second string) {
	behind := "\n" + indent + "          "
	fmt.Fprintf(w, "%s%s\n", indent, onOneLine(d.Path))
	fmt.Fprintf(w, "%s    %-5s %s\n", indent, first, strings.ReplaceAll(visible(d.Want), "\n", behind))
	fmt.Fprintf(w, "%s    %-5s %s\n", indent, second, strings.ReplaceAll(visible(d.Got), "\n", behind))
}

// rewrite puts what came into a case.
func (r *caseRunner) rewrite(file, name string, src []byte, played []*cases.Played) (ok bool) {
	text, err := cases.Update(src, played)
	if err == nil {
		err = os.WriteFile(file, text, 0o644)
	}
	if err != nil {
		fmt.Fprintf(r.out, "FAIL  %s\n      it cannot be updated: %v\n", name, err)
		return false
	}
	fmt.Fprintf(r.out, "new   %s: look at what has changed in %s\n", name, file)
	return true
}
