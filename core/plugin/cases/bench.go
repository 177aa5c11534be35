package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

// Options of Play.
type Options struct {
	// Cache is a folder for compiled code; "" compiles anew.
	Cache string
	// LeastDeadline raises the shorter deadlines of manifests: a machine that
	// is busy with other things takes longer; 0 leaves them.
	LeastDeadline time.Duration
	// Config overrides keys of the manifest's [config], in Replay; a case has its
	// own.
	Config map[string]any
	// Played is told of each step when it is over; may be nil.
	Played func(*Played)
}

// Played is one step of a case, and what came of it.
type Played struct {
	Number      int // from 1
	Step        *Step
	Trace       *plugin.Trace // nil: the plugin was not asked
	Answer      []byte        // JSON; nil is none
	Refusal     *core.Error
	Deferred    bool
	Differences []Difference

	kv map[string]any // what came of the keys that are looked at
}

// String names the step: its number, kind, event, topic and comment.
func (p *Played) String() string { return fmt.Sprintf("step %d%s", p.Number, describe(p.Step)) }

// Play runs one case against the plugin name in source. The error says why it
// could not be run; what differs stands with the steps.
func Play(ctx context.Context, source fs.FS, name string, c *Case, o Options) error {
	b := newBench(source, name, o)
	if err := b.start(ctx, c); err != nil {
		return errors.Join(err, b.host.Close())
	}
	for i := range c.Steps {
		p := &Played{Number: i + 1, Step: &c.Steps[i]}
		b.step(ctx, p)
		if o.Played != nil {
			o.Played(p)
		}
	}
	return b.host.Close()
}

func describe(s *Step) string {
	kind := s.Event.Kind
	if kind == "" {
		kind = "message"
	}
	out := " (" + kind
	for _, part := range []string{s.Event.Event, s.Event.Topic} {
		if part != "" {
			out += " " + part
		}
	}
	if s.Comment != "" {
		out += ": " + s.Comment
	}
	return out + ")"
}

// bench is a plugin with everything around it replaced.
type bench struct {
	name     string
	endpoint string // where the plugin is
	host     *plugin.Host
	store    Store
	services Services
	now      time.Time
	traces   []*plugin.Trace
}

func newBench(source fs.FS, name string, o Options) *bench {
	b := &bench{name: name, endpoint: Endpoint, now: time.UnixMilli(StartTime)}
	b.store.Now = func() time.Time { return b.now }
	b.host = plugin.NewHost(plugin.Options{
		Sources: []fs.FS{source}, CacheDir: o.Cache, Store: &b.store, ParseTarget: ParseTarget, TakeTurns: true, Manual: true, LeastDeadline: o.LeastDeadline,
		Now: func() time.Time { return b.now }, Trace: func(t *plugin.Trace) { b.traces = append(b.traces, t) },
		Log: slog.New(slog.DiscardHandler), Transport: silence{}, Sign: func(*core.Endpoint, *http.Request, []byte) {},
	})
	return b
}

func (b *bench) start(ctx context.Context, c *Case) error {
	ep := &core.Endpoint{Name: b.endpoint, Plugins: []string{b.name}, APIKeys: []core.Credential{{ID: "case", Secret: "of the cases"}}}
	if c.Config != nil {
		ep.PluginConfig = map[string]map[string]any{b.name: c.Config}
	}
	if err := b.host.Load(ctx, []*core.Endpoint{ep}); err != nil {
		return err
	}
	kv := b.kv()
	for key, value := range c.KV {
		kv.set(key, storedAs(value), 0)
	}
	b.arrange(c.Members, c.Subscribed, c.History)
	return b.host.Start(ctx, &b.services)
}

func (b *bench) kv() *KV { return b.store.space("plugin/"+b.name+"/"+b.endpoint, 1<<40) }

func (b *bench) arrange(members map[string][]caseMember, subscribed map[string][]string, history map[string][]pastEvent) {
	if members != nil {
		all := map[string][]core.Member{}
		for topic, list := range members {
			for _, m := range list {
				all[topic] = append(all[topic], core.Member{ID: m.ID, Info: compacted(m.Info)})
			}
		}
		b.services.SetMembers(all)
	}
	if subscribed != nil {
		all := map[string][]core.SessionID{}
		for topic, list := range subscribed {
			for _, s := range list {
				all[topic] = append(all[topic], core.SessionID(s))
			}
		}
		b.services.SetSubscribed(all)
	}
	if history != nil {
		b.services.SetHistory(keptThen(history))
	}
}

// step runs one event and compares.
func (b *bench) step(ctx context.Context, p *Played) {
	s := p.Step
	if s.Event.Time != 0 {
		b.now = time.UnixMilli(s.Event.Time)
	}
	b.arrange(s.Members, s.Subscribed, s.History)
	in, err := s.Event.input(b.now)
	if err == nil {
		b.traces = nil
		p.Answer, p.Deferred, err = b.send(ctx, &in)
	}
	var refusal *core.Error
	switch isRefusal := errors.As(err, &refusal); {
	case err != nil && !isRefusal:
	case len(b.traces) == 0:
		err = fmt.Errorf("the plugin was not asked: %w", err)
	default:
		p.Refusal, p.Trace = refusal, b.traces[len(b.traces)-1]
		p.Differences = b.compare(&s.Expect, p)
		return
	}
	p.Differences = []Difference{{Got: err.Error()}}
}

func (b *bench) send(ctx context.Context, in *plugin.Input) (answer []byte, deferred bool, err error) {
	switch in.Kind {
	case plugin.KindConnect, plugin.KindSubscribe, plugin.KindMessage, plugin.KindPublish:
	default:
		if in.Method != "" {
			break
		}
		answer, err = b.host.Handle(ctx, b.endpoint, b.name, in)
		return answer, false, err
	}
	ev, err := clientEvent(in)
	if err != nil {
		return nil, false, err
	}
	name := ev.Topic
	switch ev.Kind {
	case core.HookMessage:
		name = ev.Event
	case core.HookHTTP:
		ev.Event, name = b.name, b.name
	}
	if !b.host.Wants(b.endpoint, ev.Kind, name) {
		return nil, false, fmt.Errorf("%s.toml does not send this event to the plugin: look at its events, topics and hooks", b.name)
	}
	v, err := b.host.Decide(ctx, ev)
	if ev.Kind == core.HookPublish && len(b.traces) > 0 {
		return b.traces[len(b.traces)-1].Answer, false, err // the verdict, and not what is placed
	}
	return v.Data, ev.Deferred != 0, err
}

// ParseTarget takes any object for a target, and what it would do is not
// looked at: cases compare its text.
func ParseTarget(raw []byte) (*core.Target, error) {
	var rules struct{ Include, Exclude, All json.RawMessage }
	if err := json.Unmarshal(raw, &rules); err != nil {
		return nil, core.Errorf(core.CodeBadRequest, "target must be an object")
	}
	return &core.Target{Raw: raw}, nil
}

// silence is a network in which nothing is ever answered: a case sends the
// http event itself.
type silence struct{}

// RoundTrip waits for the end.
func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}
