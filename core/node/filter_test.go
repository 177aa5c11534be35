package node

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/target"
)

// censor filters topics that begin with "room.": what the words ask for.
func censor(asked *atomic.Int64, last *atomic.Pointer[core.ClientEvent]) handlers {
	return handlers{
		wants: func(kind core.HookKind, name string) bool {
			return kind == core.HookPublish && strings.HasPrefix(name, "room.")
		},
		decide: func(ev *core.ClientEvent) (core.Verdict, error) {
			asked.Add(1)
			last.Store(ev)
			v := core.Verdict{Data: ev.Data, Target: ev.Target}
			switch string(ev.Data) {
			case `"drop"`:
				return core.Verdict{Drop: true}, nil
			case `"refuse"`:
				return v, core.Errorf("filter.no", "not that")
			case `"number"`:
				v.Data = fmt.Appendf(nil, `"number %d"`, asked.Load())
			case `"aim"`:
				var err error
				if v.Target, err = target.Parse([]byte(`{"include":{"uid":2}}`)); err != nil {
					return v, err
				}
			}
			return v, nil
		},
	}
}

func TestPublishHooks(t *testing.T) {
	var asked atomic.Int64
	var last atomic.Pointer[core.ClientEvent]
	w := newWorld(t, censor(&asked, &last), func(ep *core.Endpoint) {
		ep.Topics = []core.TopicRule{
			{Match: pattern(t, "room.free.*"), Publish: core.AccessAnyone},
			{Match: pattern(t, "*"), Publish: core.AccessPlugin},
		}
	})
	ann, bob := w.join(user(1)), w.join(user(2))
	for _, c := range []*client{ann, bob} {
		w.do(c, `{"type":"subscribe","topic":"room.a","id":1}`)
	}
	ids := 1
	say := func(topic, word string) string {
		ids++
		return w.do(ann, fmt.Sprintf(`{"type":"publish","topic":%q,"message":%q,"event":"said","id":%d}`, topic, word, ids))
	}
	for _, word := range []string{"hello", "number", "drop"} {
		if got := say("room.a", word); !strings.Contains(got, `"reply"`) {
			t.Errorf("%s: %s", word, got)
		}
	}
	if ev := last.Load(); ev.Session != ann.ID || ev.User != "1" || ev.Claims == nil || ev.Topic != "room.a" || ev.Event != "said" || ev.Request != "" || ev.Endpoint != "default" || ev.Time.IsZero() {
		t.Errorf("the hook saw %+v", ev)
	}
	if got := say("room.a", "refuse"); !strings.Contains(got, "filter.no") {
		t.Error(got)
	}
	bob.wait(t, `"hello"`)
	bob.wait(t, `"number 2"`)

	// A backend's: no session, its target, also aimed anew.
	before := asked.Load()
	for _, m := range []string{`"message":"drop"`, `"message":"aim"`, `"message":"to one","target":{"include":{"uid":1}}`} {
		if r, err := w.publish(body(`,"topic":"room.a",` + m)); err != nil || r != (Receipt{}) {
			t.Errorf("%s: %+v, %v", m, r, err)
		}
	}
	if ev := last.Load(); ev.Session != "" || ev.Claims != nil || ev.User != "" || ev.Target == nil || asked.Load() != before+3 {
		t.Errorf("the hook saw %+v", ev)
	}
	if _, err := w.publish(body(`,"topic":"room.a","message":"refuse"`)); core.AsError(err).Code != "filter.no" {
		t.Error(err)
	}
	// What a handler publishes enters no hook, and goes last.
	before = asked.Load()
	end := &core.Event{Key: core.TopicKey{Endpoint: "default", Topic: "room.a"}, Data: []byte(`"end, refuse"`)}
	if err := w.Publish(context.Background(), end, ""); err != nil || asked.Load() != before {
		t.Error(err, asked.Load()-before)
	}
	ann.wait(t, "end")
	bob.wait(t, "end")
	if ann.count(`"to one"`) != 1 || ann.count(`"aim"`) != 0 || bob.count(`"aim"`) != 1 || bob.count(`"to one"`) != 0 || bob.count(`"drop"`)+bob.count(`"refuse"`) != 0 {
		t.Errorf("ann heard %q, bob %q", ann.frames, bob.frames)
	}
}

// TestPublishRights: they come first, and a topic that is a plugin's to open
// stays shut where no plugin looks after it.
func TestPublishRights(t *testing.T) {
	var asked atomic.Int64
	var last atomic.Pointer[core.ClientEvent]
	w := newWorld(t, censor(&asked, &last), func(ep *core.Endpoint) {
		ep.Topics = []core.TopicRule{
			{Match: pattern(t, "room.closed"), Publish: core.AccessNobody},
			{Match: pattern(t, "room.{uid}"), Publish: core.AccessPlugin},
			{Match: pattern(t, "hall"), Publish: core.AccessPlugin},
		}
	})
	ann := w.join(user(1))
	for topic, want := range map[string]string{"room.closed": "forbidden", "room.2": "forbidden", "hall": "no plugin here allows it", "room.1": `"reply"`} {
		if got := w.do(ann, fmt.Sprintf(`{"type":"publish","topic":%q,"message":1,"id":%q}`, topic, topic)); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", topic, got, want)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("the hook was asked %d times", asked.Load())
	}
}

// TestRetriesAskOnce: two publishes are the same if the publisher sent the
// same, whatever a filter made of them.
func TestRetriesAskOnce(t *testing.T) {
	var asked atomic.Int64
	var last atomic.Pointer[core.ClientEvent]
	w := newWorld(t, censor(&asked, &last), nil)
	c := w.join(user(1))
	w.do(c, `{"type":"subscribe","topic":"room.a","id":1}`)
	for _, word := range []string{"number", "drop"} {
		for i := range 3 {
			r, err := w.publish(body(fmt.Sprintf(`,"message":%q,"topic":"room.a","id":%q`, word, word)))
			if err != nil || r.Duplicate != (i > 0) {
				t.Errorf("%s %d: %+v %v", word, i, r, err)
			}
		}
		if _, err := w.publish(body(fmt.Sprintf(`,"message":"other","topic":"room.a","id":%q`, word))); core.AsError(err).Code != core.CodeConflict {
			t.Error(err)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("the hook was asked %d times", asked.Load())
	}
	// A refusal is not remembered: what is sent after it is asked about again.
	for _, word := range []string{"refuse", "refuse", "fine"} {
		_, err := w.publish(body(fmt.Sprintf(`,"message":%q,"topic":"room.a","id":"r"`, word)))
		if (err == nil) != (word == "fine") {
			t.Error(word, err)
		}
	}
	c.wait(t, `"fine"`)
	if asked.Load() != 5 || c.count("number") != 1 {
		t.Errorf("asked %d times, heard %q", asked.Load(), c.frames)
	}
}

// BenchmarkPut tells what a publish costs where nobody filters, where somebody
// filters other topics, and where a filter lets it pass.
func BenchmarkPut(b *testing.B) {
	pass := func(ev *core.ClientEvent) (core.Verdict, error) {
		return core.Verdict{Data: ev.Data, Target: ev.Target}, nil
	}
	for _, c := range []struct {
		name string
		h    handlers
	}{
		{"no hooks", handlers{}},
		{"other topics", handlers{wants: func(_ core.HookKind, name string) bool { return name == "other" }}},
		{"passes", handlers{wants: func(core.HookKind, string) bool { return true }, decide: pass}},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := newWorld(b, c.h, nil)
			t := w.tenants["default"]
			b.ReportAllocs()
			for b.Loop() {
				ev := &core.Event{Key: core.TopicKey{Endpoint: "default", Topic: "t"}, Data: []byte(`1`)}
				if _, err := w.place(context.Background(), t, ev, w.filter(t, nil, "t"), "", ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
