package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/driplet/driplet/core/plugin/cases"
)

func pluginReplayCommand() command {
	c := command{
		name:    "plugin replay",
		args:    "FILE [FOLDER|NAME.toml]",
		summary: "give recorded events to a built plugin and show what differs",
		help: `
FILE is what 'driplet plugin trace -record' wrote. Each event goes to the plugin
in FOLDER (default: the one you are in) with what the plugin was told when it
was recorded: its store, who is subscribed, the clock. Where answer, refusal,
failure, effects or logs are others now it prints both. Time and fuel stand
beside: then, now. What a plugin does with random numbers differs each time.

[config] is the manifest's own; with -config the endpoint's PluginConfig of that
file goes over it. Exit code 1: something differs, or there was nothing to give.

Examples:
  driplet plugin replay chat.jsonl
  driplet plugin replay -v -config config.toml chat.jsonl plugins/chat
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		verbose := fs.Bool("v", false, "print every event")
		configFile := fs.String("config", "", "take the endpoint's PluginConfig from this `file`")
		name := fs.String("endpoint", "", "of this `endpoint` (default: the only one, or \"default\")")
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) < 1 || len(rest) > 2 {
			return c.misused(t, "it takes a file of recorded events and a folder, not %d arguments", len(rest))
		}
		f, err := os.Open(rest[0])
		if err != nil {
			return c.misused(t, "the recorded events cannot be read: %v", err)
		}
		defer f.Close()
		p, err := openPlugin(append(rest, ".")[1])
		if err != nil {
			return c.cannotOpen(t, err)
		}
		o := cases.Options{LeastDeadline: caseDeadline}
		if *configFile != "" {
			cfg, ok := load(t, *configFile, nil)
			if !ok {
				return exitUsage
			}
			e, ok := endpoint(t, cfg, *name)
			if !ok {
				return exitUsage
			}
			for plugin, config := range e.PluginConfig {
				if strings.EqualFold(plugin, p.manifest.Name) {
					o.Config = config
				}
			}
		}
		warning, err := p.built()
		if err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		if warning != "" {
			fmt.Fprintf(t.err, "warning: %s\n", warning)
		}
		r := replayer{out: t.out, verbose: *verbose}
		if err := cases.Replay(ctx, os.DirFS(p.dir), p.manifest.Name, o, readRecords(rest[0], f), r.told); err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		return r.sum(p)
	}
	return c
}

// longestRecord is the longest line of a file of recorded events: twice what a
// server keeps of one, as escaped text.
const longestRecord = 8 << 20

// readRecords reads a file of recorded events, one a line.
func readRecords(name string, src io.Reader) func() (*cases.Record, error) {
	lines := bufio.NewScanner(src)
	lines.Buffer(nil, longestRecord)
	n := 0
	return func() (*cases.Record, error) {
		for lines.Scan() {
			n++
			if strings.TrimSpace(lines.Text()) == "" {
				continue
			}
			r := &cases.Record{}
			if err := json.Unmarshal(lines.Bytes(), r); err != nil {
				return nil, fmt.Errorf("%s:%d is no recorded event: %w ('driplet plugin trace -record' writes them)", name, n, err)
			}
			return r, nil
		}
		if errors.Is(lines.Err(), bufio.ErrTooLong) {
			return nil, fmt.Errorf("%s:%d has more than %d bytes: it is no recorded event", name, n+1, longestRecord)
		}
		return nil, lines.Err()
	}
}

// replayer prints how the events of a recording went.
type replayer struct {
	out     io.Writer
	verbose bool

	same, different, skipped int
	took, tookThen           time.Duration
	fuel, fuelThen           int64
}

func (r *replayer) told(p *cases.Replayed) {
	what := fmt.Sprintf("event %d (%s)", p.Was.Seq, onOneLine(strings.Join(strings.Fields(p.Was.Event.Kind+" "+p.Was.Event.Event+" "+p.Was.Event.Topic), " ")))
	if p.Now == nil {
		r.skipped++
		fmt.Fprintf(r.out, "skip  %s: %s\n", what, onOneLine(p.Why))
		return
	}
	took, then := time.Duration(p.Now.Took)*time.Microsecond, time.Duration(p.Was.Took)*time.Microsecond
	r.took, r.tookThen, r.fuel, r.fuelThen = r.took+took, r.tookThen+then, r.fuel+p.Now.Fuel, r.fuelThen+p.Was.Fuel
	verdict := "same"
	if len(p.Differences) > 0 {
		verdict = "DIFF"
		r.different++
	} else if r.same++; !r.verbose {
		return
	}
	fmt.Fprintf(r.out, "%s  %s: time %s, %s; fuel %s, %s\n", verdict, what, then, took, grouped(p.Was.Fuel), grouped(p.Now.Fuel))
	if r.verbose {
		printRecord(r.out, "      ", p.Now)
	}
	for _, d := range p.Differences {
		printChange(r.out, "      ", d)
	}
}

func (r *replayer) sum(p *pluginFolder) int {
	total := r.same + r.different + r.skipped
	fmt.Fprintf(r.out, "%s %s: %s, %d the same, %d different, %d skipped; time %s, %s; fuel %s, %s\n",
		p.manifest.Name, p.manifest.Version, counted(total, "event"), r.same, r.different, r.skipped, r.tookThen, r.took, grouped(r.fuelThen), grouped(r.fuel))
	if r.different > 0 || total == r.skipped { // nothing was compared
		return exitFailure
	}
	return exitOK
}
