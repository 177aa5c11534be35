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

// Run runs one case against the plugin name in source. cache is a folder for compiled code; "" compiles anew.
// The error tells every difference between what was expected and what came.
func Run(ctx context.Context, source fs.FS, name string, src []byte, cache string) error {
	c, err := Parse(src)
	if err != nil {
		return err
	}
	b := &bench{name: name, now: time.UnixMilli(StartTime)}
	b.store.Now = func() time.Time { return b.now }
	b.host = plugin.NewHost(plugin.Options{
		Sources: []fs.FS{source}, CacheDir: cache, Store: &b.store, ParseTarget: ParseTarget, TakeTurns: true, Manual: true, LeastDeadline: plugin.MaxDeadline,
		Now: func() time.Time { return b.now }, Trace: func(t *plugin.Trace) { b.traces = append(b.traces, t) },
		Log: slog.New(slog.DiscardHandler), Transport: silence{}, Sign: func(*core.Endpoint, *http.Request, []byte) {},
	})
	if err := b.start(ctx, c); err != nil {
		return errors.Join(err, b.host.Close())
	}
	var faults []error
	for i := range c.Steps {
		for _, fault := range b.step(ctx, &c.Steps[i]) {
			faults = append(faults, fmt.Errorf("step %d%s: %w", i+1, describe(&c.Steps[i]), fault))
		}
	}
	return errors.Join(append(faults, b.host.Close())...)
}

func describe(s *Step) string {
	kind := s.Event.Kind
	if kind == "" {
		kind = "message"
	}
	out := " (" + kind
	for _, part := range []string{s.Event.Event, s.Event.Topic, s.Comment} {
		if part != "" {
			out += " " + part
		}
	}
	return out + ")"
}

// bench is a plugin with everything around it replaced.
type bench struct {
	name     string
	host     *plugin.Host
	store    Store
	services Services
	now      time.Time
	traces   []*plugin.Trace
}

func (b *bench) start(ctx context.Context, c *Case) error {
	ep := &core.Endpoint{Name: Endpoint, Plugins: []string{b.name}, APIKeys: []core.Credential{{ID: "case", Secret: "of the cases"}}}
	if c.Config != nil {
		ep.PluginConfig = map[string]map[string]any{b.name: c.Config}
	}
	if err := b.host.Load(ctx, []*core.Endpoint{ep}); err != nil {
		return err
	}
	kv := b.kv()
	for key, value := range c.KV {
		kv.set(key, stored1(value), 0)
	}
	b.arrange(c.Members, c.Subscribed)
	return b.host.Start(ctx, &b.services)
}

func (b *bench) kv() *KV { return b.store.space("plugin/"+b.name+"/"+Endpoint, 1<<40) }

func (b *bench) arrange(members map[string][]caseMember, subscribed map[string][]string) {
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
}

// step runs one event and compares.
func (b *bench) step(ctx context.Context, s *Step) []error {
	if s.Event.Time != 0 {
		b.now = time.UnixMilli(s.Event.Time)
	}
	b.arrange(s.Members, s.Subscribed)
	in, err := s.Event.input(b.now)
	if err != nil {
		return []error{err}
	}
	b.traces = nil
	answer, deferred, err := b.send(ctx, &in)
	var refusal *core.Error
	if err != nil && !errors.As(err, &refusal) {
		return []error{err}
	}
	if len(b.traces) == 0 {
		return []error{fmt.Errorf("the plugin was not asked: %w", err)}
	}
	trace := b.traces[len(b.traces)-1]
	if trace.Failure != nil {
		return []error{fmt.Errorf("the plugin failed: %w", trace.Failure)}
	}
	return b.compare(&s.Expect, answer, refusal, deferred, trace)
}

func (b *bench) send(ctx context.Context, in *plugin.Input) (answer []byte, deferred bool, err error) {
	switch in.Kind {
	case plugin.KindConnect, plugin.KindSubscribe, plugin.KindMessage:
	default:
		answer, err = b.host.Handle(ctx, Endpoint, b.name, in)
		return answer, false, err
	}
	ev, err := clientEvent(in)
	if err != nil {
		return nil, false, err
	}
	name := ev.Topic
	if ev.Kind == core.HookMessage {
		name = ev.Event
	}
	if !b.host.Wants(Endpoint, ev.Kind, name) {
		return nil, false, fmt.Errorf("%s.toml does not send this event to the plugin: look at its events, topics and hooks", b.name)
	}
	v, err := b.host.Decide(ctx, ev)
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
