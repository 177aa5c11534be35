package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

// Replayed is a recorded event and what came of it this time.
type Replayed struct {
	Was         *Record
	Now         *Record // nil: it was not replayed
	Why         string  // then: why not
	Differences []Difference
}

// Replay gives recorded events to the plugin name in source, each with what it
// was told of the world when it was recorded: its store, who is subscribed, what
// topics kept, the clock. Randomness and configuration are this time's own. told is called for each
// record in turn. The error says why nothing, or no more, could be replayed.
func Replay(ctx context.Context, source fs.FS, name string, o Options, next func() (*Record, error), told func(*Replayed)) (err error) {
	benches := map[string]*bench{} // by endpoint: a plugin is told where it is
	defer func() {
		for _, b := range benches {
			err = errors.Join(err, b.host.Close())
		}
	}()
	at := func(endpoint string) (*bench, error) {
		if endpoint == "" {
			endpoint = Endpoint
		}
		if benches[endpoint] == nil {
			b := newBench(source, name, o)
			b.endpoint, benches[endpoint] = endpoint, b
			if err := b.start(ctx, &Case{Config: o.Config}); err != nil {
				return nil, err
			}
		}
		return benches[endpoint], nil
	}
	for ctx.Err() == nil {
		r, err := next()
		if err != nil || r == nil {
			return err
		}
		if len(benches) == maxEndpoints && benches[r.Endpoint] == nil {
			told(&Replayed{Was: r, Why: fmt.Sprintf("the recording is of more than %d endpoints", maxEndpoints)})
			continue
		}
		b, err := at(r.Endpoint)
		if err != nil {
			return err
		}
		told(b.replay(ctx, r))
	}
	return nil
}

// maxEndpoints bounds how many endpoints a recording may be of: each has a host.
const maxEndpoints = 16

func (b *bench) replay(ctx context.Context, was *Record) *Replayed {
	out := &Replayed{Was: was}
	in, err := was.Input()
	switch {
	case was.Plugin != b.name:
		out.Why = fmt.Sprintf("it is of the plugin %s", was.Plugin)
	case was.Cut:
		out.Why = "it was too large to be kept whole"
	case err != nil:
		out.Why = err.Error()
	}
	if out.Why != "" {
		return out
	}
	in.Endpoint = b.endpoint
	b.setUp(was, in)
	b.traces = nil
	_, _, err = b.send(ctx, in)
	if len(b.traces) == 0 {
		out.Why = fmt.Sprintf("the plugin was not asked: %v", err)
		return out
	}
	out.Now = NewRecord(b.traces[len(b.traces)-1], nil)
	out.Differences = out.Now.differs(was)
	return out
}

// answered are the deferred requests that the event answered, by their handles.
func (r *Record) answered() (list []core.Handle) {
	for _, raw := range r.Effects {
		var e struct {
			Op     plugin.Op
			Handle core.Handle
		}
		if json.Unmarshal(raw, &e) == nil && e.Op == plugin.OpReply {
			list = append(list, e.Handle)
		}
	}
	return list
}

// setUp makes the world as the event found it. Of what a handler asked for
// several times the first answer counts: the others hold what it has done.
func (b *bench) setUp(was *Record, in *plugin.Input) {
	b.now = in.Time
	next := core.Handle(was.Deferred)
	answered := was.answered()
	if next == 0 && len(answered) > 0 {
		next = answered[0] // perhaps deferred by the same event
	}
	b.services.SetHandle(max(next, 1))
	members, subscribed, past := map[string][]core.Member{}, map[string][]core.SessionID{}, map[string]core.Past{}
	kv := b.kv()
	kv.mu.Lock()
	clear(kv.values)
	seen := map[string]bool{}
	put := func(key string, value []byte, there bool) {
		if !seen[key] && there {
			kv.set(key, value, 0)
		}
		seen[key] = true
	}
	for _, read := range was.Reads {
		var value []byte
		if read.Value != nil {
			value = *read.Value
		}
		switch read.Op {
		case "kv_get", "kv_incr":
			put(read.Key, value, read.Found)
		case "kv_cas": // it held what was expected, or anything else
			switch {
			case read.Found:
				put(read.Key, value, read.Value != nil)
			case read.Value == nil:
				put(read.Key, []byte("?"), true)
			default:
				put(read.Key, nil, false)
			}
		case "kv_scan", "kv_scan_after":
			fields, _ := plugin.ReadEnvelope(value)
			for i := 0; i+1 < len(fields); i += 2 {
				put(string(fields[i]), fields[i+1], true)
			}
		case "subscribed":
			if read.Found {
				subscribed[read.Key] = append(subscribed[read.Key], core.SessionID(read.Of))
			}
		case "presence":
			if members[read.Key] == nil {
				members[read.Key] = presentThen(value)
			}
		case "history":
			remember(past, read.Key, value)
		case "now":
			if ms, err := strconv.ParseInt(string(value), 10, 64); err == nil {
				b.now = time.UnixMilli(ms)
			}
		}
	}
	kv.mu.Unlock()
	b.services.SetMembers(members)
	b.services.SetSubscribed(subscribed)
	b.services.SetHistory(past)
	for _, h := range answered {
		b.host.Expect(b.endpoint, b.name, h)
	}
}

// presentThen reads an answer of presence; those that it only counts have no
// names any more.
func presentThen(value []byte) (list []core.Member) {
	var p struct {
		Members []caseMember
		Count   int
	}
	if json.Unmarshal(value, &p) != nil {
		return nil
	}
	for _, m := range p.Members {
		list = append(list, core.Member{ID: m.ID, Info: compacted(m.Info)})
	}
	for len(list) < min(p.Count, plugin.MaxMembers*100) {
		list = append(list, core.Member{ID: fmt.Sprintf("~%d", len(list))})
	}
	return list
}

// differs compares what came now with what came then. Of failures the first
// line counts: the functions that were under way are another's.
func (r *Record) differs(was *Record) (out []Difference) {
	headline := func(text string) string {
		text, _, _ = strings.Cut(text, "\n")
		text, _, _ = strings.Cut(text, "; it ran ")
		return text
	}
	if then, now := headline(was.Failure), headline(r.Failure); then != now {
		out = append(out, Difference{"failure", orNothing(then), orNothing(now)})
	}
	if was.Failure != "" || r.Failure != "" {
		return out
	}
	for _, c := range []struct {
		path      string
		then, now any
	}{
		{"refusal", was.Refusal, r.Refusal}, {"answer", was.Answer, r.Answer},
		{"effects", append([]json.RawMessage{}, was.Effects...), append([]json.RawMessage{}, r.Effects...)},
		{"logs", append([]string{}, was.Logs...), append([]string{}, r.Logs...)},
	} {
		out = append(out, differences(c.path, plain(encode(c.then)), plain(encode(c.now)))...)
	}
	if (was.Deferred != 0) != (r.Deferred != 0) {
		out = append(out, Difference{"deferred", fmt.Sprint(was.Deferred != 0), fmt.Sprint(r.Deferred != 0)})
	}
	return out
}

func orNothing(text string) string {
	if text == "" {
		return nothing
	}
	return text
}
