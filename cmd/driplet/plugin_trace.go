package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/driplet/driplet/core/plugin/cases"
)

func pluginTraceCommand() command {
	c := command{
		name:    "plugin trace",
		args:    "NAME",
		summary: "print the last events of a plugin in a running server",
		help: `
Asks the server's admin API for the last events of the plugin NAME: what came
in, version, time, fuel, logs, effects, and the answer, refusal or failure. A
server keeps the last 256 of a plugin on an endpoint in memory: its failures
always, everything from the first look until 10 minutes after the last one.

-record writes them into a file as well, a JSON object a line, for 'driplet
plugin replay'. The file holds claims, data, and what the plugin read from its
store: treat it as you treat your users' data. Session ids are masked.

Examples:
  driplet plugin trace chat
  driplet plugin trace -follow -endpoint shop -record chat.jsonl chat
  driplet plugin trace -url http://127.0.0.1:4720 -token "$TOKEN" -last 5 chat
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		d := adminFlags(fs)
		tr := tracer{out: t.out, err: t.err}
		fs.StringVar(&tr.endpoint, "endpoint", "", "only of this `endpoint`")
		fs.IntVar(&tr.last, "last", 20, "the last so many `events`; 0 is all that are kept")
		fs.BoolVar(&tr.follow, "follow", false, "go on with what comes, until Ctrl-C")
		fs.BoolVar(&tr.asJSON, "json", false, "print a JSON object a line")
		record := fs.String("record", "", "append the events to this `file`")
		rest, code, done := c.parse(t, fs, args)
		switch {
		case done:
			return code
		case len(rest) != 1:
			return c.misused(t, "it takes one plugin's name, not %d", len(rest))
		case tr.last < 0 || tr.last > 65535:
			return c.misused(t, "-last %d: it is a number of events", tr.last)
		}
		tr.name = rest[0]
		if tr.api, code = d.destination(t); code != exitOK {
			return code
		}
		if *record != "" {
			f, err := os.OpenFile(*record, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			if err != nil {
				fmt.Fprintf(t.err, "driplet: the events cannot be recorded: %v\n", err)
				return exitFailure
			}
			defer f.Close()
			tr.record = f
			fmt.Fprintf(t.err, "driplet: %s will hold claims, data and what the plugin reads from its store\n", *record)
		}
		if err := tr.run(ctx); err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		return exitOK
	}
	return c
}

// tracer prints a plugin's events as the admin API tells them.
type tracer struct {
	api            adminAPI
	name, endpoint string
	last           int
	follow, asJSON bool
	out, err       io.Writer
	record         io.Writer // nil: nowhere
}

// followEvery is how often a server is asked for more.
const followEvery = 500 * time.Millisecond

func (tr *tracer) run(ctx context.Context) error {
	after, first, away := uint64(0), true, false
	for {
		answer, err := tr.ask(ctx, after)
		var network *net.OpError
		cut := errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && (first || !cut):
			return err
		case err != nil: // a server that restarts is waited for
			if !away {
				fmt.Fprintf(tr.err, "driplet: %v; asking again\n", err)
			}
			away = true
		case answer.Seq < after: // it has started anew meanwhile
			after = 0
			continue
		default:
			if err := tr.print(answer, first || away); err != nil {
				return err
			}
			if n := len(answer.Records); n > 0 {
				after = answer.Records[n-1].Seq
			}
			first, away = false, false
		}
		if !tr.follow {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followEvery):
		}
	}
}

func (tr *tracer) ask(ctx context.Context, after uint64) (*traced, error) {
	q := url.Values{}
	if tr.endpoint != "" {
		q.Set("endpoint", tr.endpoint)
	}
	if after > 0 {
		q.Set("after", strconv.FormatUint(after, 10))
	} else if tr.last > 0 {
		q.Set("last", strconv.Itoa(tr.last))
	}
	answer := &traced{}
	return answer, tr.api.do(ctx, http.MethodGet, "/admin/plugins/"+url.PathEscape(tr.name)+"/trace?"+q.Encode(), "", nil, answer)
}

func (tr *tracer) print(answer *traced, first bool) error {
	if first && answer.New {
		fmt.Fprintf(tr.err, "driplet: so far only failures of %s were kept; from now on every event is, for %d minutes after the last look\n", tr.name, answer.Watched/60)
	}
	if answer.Lost {
		fmt.Fprintln(tr.err, "driplet: more came than is kept: some events are missing here")
	}
	for _, r := range answer.Records {
		line := jsonOf(r) + "\n"
		if tr.record != nil {
			if _, err := io.WriteString(tr.record, line); err != nil {
				return fmt.Errorf("the events cannot be recorded: %w", err)
			}
		}
		if tr.asJSON {
			io.WriteString(tr.out, line)
			continue
		}
		tr.printRecord(r)
	}
	return nil
}

func (tr *tracer) printRecord(r *cases.Record) {
	at := time.UnixMilli(r.Event.Time).Format("15:04:05.000")
	fmt.Fprintf(tr.out, "%s  %s %s on %s, event %d\n", at, onOneLine(r.Plugin), onOneLine(r.Version), onOneLine(r.Endpoint), r.Seq)
	printRecord(tr.out, "  ", r)
}
