package hub

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/metrics"
)

// placed is an event of topic t that has a place.
func placed(n uint64) *core.Event {
	ev := event("t", fmt.Sprint(n), nil)
	ev.Pos = core.Position{Epoch: "x", Offset: n}
	return ev
}

func at(n uint64) core.Position { return core.Position{Epoch: "x", Offset: n} }

// since is a past that was asked for: these, and nothing else up to head.
func since(head uint64, offsets ...uint64) *Past {
	p := &Past{Head: at(head), Since: true}
	for _, n := range offsets {
		p.Events = append(p.Events, placed(n))
	}
	return p
}

func wantHeard(t *testing.T, got *heard, want string) {
	t.Helper()
	if got.all() != want {
		t.Errorf("heard %q,\n want %q", got.all(), want)
	}
}

func TestHeldEventsGoByTheHead(t *testing.T) {
	for name, c := range map[string]struct {
		past *Past
		want string
	}{
		"past and held overlap":           {since(2, 1, 2), "reply 1 x/0 | t:1 | t:2 | t:0 | t:3 | t:4 | t:5"},
		"nothing past":                    {since(3), "reply 1 x/3 | t:0 | t:4 | t:5"},
		"read further than what was held": {since(4, 1, 2, 3, 4), "reply 1 x/0 | t:1 | t:2 | t:3 | t:4 | t:0 | t:5"},
		"some of it was not for us":       {since(3, 2), "reply 1 x/1 | t:2 | t:0 | t:4 | t:5"},
		"nobody asked for the past":       {&Past{Head: at(3)}, "reply 1 x/1 | t:0 | t:2 | t:3 | t:4 | t:5"},
		"a head from before":              {&Past{Head: at(1)}, "reply 1 x/1 | t:0 | t:2 | t:3 | t:4 | t:5"},
		"another epoch":                   {&Past{Head: core.Position{Epoch: "y", Offset: 9}, Since: true}, "reply 1 y/9 | t:0 | t:2 | t:3 | t:4 | t:5"},
		"no history":                      {nil, "reply 1 | t:0 | t:2 | t:3 | t:4 | t:5"},
	} {
		t.Run(name, func(t *testing.T) {
			h, stop := running(t)
			s, got := join(t, h, "a", "")
			sub := h.Subscribe(s, "t")
			h.Deliver(event("t", "0", nil)) // is not kept
			h.Deliver(placed(2))
			h.Deliver(placed(3))
			h.Release(sub, core.Reply{ID: "1"}, c.past)
			h.Deliver(placed(4)) // a reader may have seen it already
			h.Deliver(placed(5))
			stop()
			wantHeard(t, got, c.want)
		})
	}
}

// An event may be read before it is delivered: who was told of it is not told
// again, and all others are.
func TestReadBeforeItIsDelivered(t *testing.T) {
	h, stop := running(t)
	early, a := join(t, h, "early", `{"uid":1}`)
	late, b := join(t, h, "late", `{"uid":2}`)
	live(h, early, "t")
	h.Deliver(placed(1))
	sub := h.Subscribe(late, "t")
	h.Release(sub, nil, since(3, 1, 2, 3))
	h.Deliver(placed(2))
	h.Deliver(placed(3))
	h.Deliver(placed(4))
	stop()
	wantHeard(t, a, "t:1 | t:2 | t:3 | t:4")
	wantHeard(t, b, "t:1 | t:2 | t:3 | t:4")
}

func TestPastGoesToWhomItAddresses(t *testing.T) {
	h, stop := running(t)
	s, got := join(t, h, "me", `{"uid":1}`)
	mine, others, own, all := placed(1), placed(2), placed(3), placed(4)
	mine.Target = aim(t, `{"include":{"uid":1}}`)
	others.Target = aim(t, `{"include":{"uid":2}}`)
	own.Except = "me"
	sub := h.Subscribe(s, "t")
	h.Release(sub, core.Reply{ID: "1"}, &Past{Head: at(4), Since: true, Events: []*core.Event{mine, others, own, all}})
	h.SetClaims(s, claims(t, `{"uid":2}`), nil)
	h.Hold(sub)
	h.Release(sub, core.Reply{ID: "2"}, &Past{Head: at(4), Since: true, Events: []*core.Event{mine, others, own, all}})
	guest, none := join(t, h, "guest", "")
	h.Release(h.Subscribe(guest, "t"), core.Reply{ID: "3"}, &Past{Head: at(4), Since: true, Events: []*core.Event{mine, others, own}})
	stop()
	wantHeard(t, got, "reply 1 x/0 | t:1 | t:4 | reply 2 x/1 | t:2 | t:4")
	wantHeard(t, none, "reply 3 x/2 | t:3")
}

// A subscription that is live can be caught up with, and one that two are
// catching up with goes on when both have.
func TestHeldAgain(t *testing.T) {
	h, stop := running(t)
	s, got := join(t, h, "a", "")
	sub := h.Subscribe(s, "t")
	h.Release(sub, core.Reply{ID: "1"}, &Past{Head: at(0)})
	h.Deliver(placed(1))
	h.Hold(sub)
	h.Deliver(placed(2))
	h.Hold(sub)
	h.Deliver(placed(3))
	h.Release(sub, core.Reply{ID: "2"}, &Past{Head: at(2)})
	h.Deliver(placed(4))
	h.Release(sub, core.Reply{ID: "3"}, since(3, 1, 2, 3))
	h.Deliver(placed(5))
	h.Release(sub, core.Reply{ID: "4"}, nil) // nobody waits for it
	stop()
	wantHeard(t, got, "reply 1 x/0 | t:1 | reply 2 x/1 | reply 3 x/0 | t:1 | t:2 | t:3 | t:4 | t:5")
}

func TestReleasedTooLate(t *testing.T) {
	h, stop := running(t)
	s, got := join(t, h, "a", "")
	sub := h.Subscribe(s, "t")
	h.Unsubscribe(sub, core.Unsubscribed{Topic: "t"})
	h.Hold(sub)
	h.Release(sub, core.Reply{ID: "1"}, since(1, 1))
	gone, none := join(t, h, "b", "")
	left := h.Subscribe(gone, "t")
	h.Leave(gone)
	h.Release(left, core.Reply{ID: "1"}, since(1, 1))
	stop()
	wantHeard(t, got, "out t")
	wantHeard(t, none, "")
	if len(h.spaces) != 1 || len(h.spaces["e"].topics) != 0 {
		t.Errorf("topics are left: %v", h.spaces["e"].topics)
	}
}

// Whoever misses the same gets the same frames.
func TestRecoveredFramesAreShared(t *testing.T) {
	h := New(metrics.New().Hub)
	var sinks []*frames
	for i := range 3 {
		sink := &frames{}
		s := NewSession(core.SessionID(fmt.Sprint(i)), "e", nil, sink, plain{1})
		h.Join(s, nil)
		h.Release(h.Subscribe(s, "t"), nil, since(2, 1, 2)) // events of its own, as from a disk
		sinks = append(sinks, sink)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h.Run(ctx)
	for i, s := range sinks {
		if len(s.all) != 2 || s.all[0] != sinks[0].all[0] || s.all[1] != sinks[0].all[1] {
			t.Errorf("session %d has frames of its own: %v", i, s.all)
		}
	}
}

// frames is a sink that remembers which frames it was given.
type frames struct{ all []*Frame }

func (f *frames) Write(b *Batch)         { f.all = append(f.all, b.Frames...) }
func (f *frames) Close(core.CloseReason) {}

func TestTheMemoIsBounded(t *testing.T) {
	var m memo
	for n := range uint64(100) {
		ev := placed(n + 1)
		ev.Data = []byte(strings.Repeat("x", 100<<10))
		first := m.frame(plain{1}, ev)
		if m.frame(plain{1}, ev) != first {
			t.Fatal("a frame was made twice in a row")
		}
		if held := len(m.young) + len(m.old); held > 2*memoBytes/(100<<10)+2 {
			t.Fatalf("%d frames are kept", held)
		}
	}
}
