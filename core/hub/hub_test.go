package hub

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/metrics"
	"github.com/driplet/driplet/core/target"
)

// plain writes what a test wants to see of an Outgoing.
type plain struct{ dialect uint8 }

func (p plain) Dialect() uint8 { return p.dialect }

func (p plain) Append(dst []byte, o core.Outgoing) []byte {
	switch o := o.(type) {
	case *core.Event:
		return fmt.Appendf(dst, "%s:%s", o.Key.Topic, o.Data)
	case core.Reply:
		dst = fmt.Appendf(dst, "reply %s", o.ID)
		if o.Pos.Epoch != "" {
			dst = fmt.Appendf(dst, " %s/%d", o.Pos.Epoch, o.Pos.Offset)
		}
		return dst
	case core.Unsubscribed:
		return fmt.Appendf(dst, "out %s", o.Topic)
	case core.Welcome:
		return fmt.Appendf(dst, "welcome")
	}
	return dst
}

// heard is a sink that remembers.
type heard struct {
	mu     sync.Mutex
	lines  []string
	writes int
	closed core.CloseReason
}

func (h *heard) Write(b *Batch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.writes++
	joined := ""
	for _, f := range b.Frames {
		h.lines = append(h.lines, string(f.Payload()))
		joined += string(f.WebSocket())
	}
	if joined != string(b.WebSocket()) {
		panic("a batch's bytes are not those of its frames")
	}
}

func (h *heard) Close(r core.CloseReason) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = r
}

func (h *heard) all() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.lines, " | ")
}

// running returns a hub and a function that waits until it has done all that
// was put so far, and stops it.
func running(t testing.TB) (*Hub, func()) {
	h := New(metrics.New().Hub)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.Run(ctx)
	}()
	stop := sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return h, stop
}

func claims(t testing.TB, custom string) *core.Claims {
	a, err := core.ParseAttributes([]byte(custom))
	if err != nil {
		t.Fatal(err)
	}
	return &core.Claims{Custom: []byte(custom), Attributes: a}
}

func aim(t testing.TB, text string) *core.Target {
	tg, err := target.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return tg
}

func event(topic, data string, tg *core.Target) *core.Event {
	return &core.Event{Key: core.TopicKey{Endpoint: "e", Topic: topic}, Data: []byte(data), Target: tg}
}

func join(t testing.TB, h *Hub, id string, custom string) (*Session, *heard) {
	sink := &heard{}
	var c *core.Claims
	if custom != "" {
		c = claims(t, custom)
	}
	s := NewSession(core.SessionID(id), "e", c, sink, plain{1})
	h.Join(s, nil)
	return s, sink
}

func live(h *Hub, s *Session, topic string) *Subscription {
	sub := h.Subscribe(s, topic)
	h.Release(sub, nil, nil)
	h.Settle()
	return sub
}

func TestOrderOfOneConnection(t *testing.T) {
	h, stop := running(t)
	s, got := join(t, h, "a", "")
	h.Deliver(event("t", "early", nil))
	sub := live(h, s, "t")
	h.Deliver(event("t", "1", nil))
	h.Send(s, core.Reply{ID: "7"})
	h.Deliver(event("t", "2", nil))
	h.Unsubscribe(sub, core.Unsubscribed{Topic: "t"})
	h.Deliver(event("t", "late", nil))
	h.Send(s, core.Reply{ID: "8"})
	h.Close(s, core.CloseReason{Code: 1001, Text: "bye"})
	h.Send(s, core.Reply{ID: "9"})
	stop()
	if want := "t:1 | reply 7 | t:2 | out t | reply 8"; got.all() != want {
		t.Errorf("heard %q, want %q", got.all(), want)
	}
	if got.closed.Code != 1001 {
		t.Errorf("closed with %v", got.closed)
	}
}

func TestExceptAndTargets(t *testing.T) {
	h, stop := running(t)
	anna, a := join(t, h, "anna", `{"uid":1,"roles":["editor"]}`)
	ben, b := join(t, h, "ben", `{"uid":2,"roles":["editor"]}`)
	guest, g := join(t, h, "guest", "")
	for _, s := range []*Session{anna, ben, guest} {
		live(h, s, "t")
	}
	h.Deliver(event("t", "all", nil))
	ev := event("t", "not-anna", nil)
	ev.Except = "anna"
	h.Deliver(ev)
	h.Deliver(event("t", "editors-but-2", aim(t, `{"include":{"roles":"editor"},"exclude":{"uid":2}}`)))
	h.SetClaims(ben, claims(t, `{"uid":3}`), nil)
	h.Deliver(event("t", "uid-3", aim(t, `{"include":{"uid":"3"}}`)))
	h.Close(ben, core.CloseReason{Code: 4002})
	h.Deliver(event("t", "last", nil))
	stop()
	for _, c := range []struct{ name, got, want string }{
		{"anna", a.all(), "t:all | t:editors-but-2 | t:last"},
		{"ben", b.all(), "t:all | t:not-anna | t:uid-3"},
		{"guest", g.all(), "t:all | t:not-anna | t:last"},
	} {
		if c.got != c.want {
			t.Errorf("%s heard %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestBacklogIsWrittenOnce(t *testing.T) {
	h := New(metrics.New().Hub)
	s, got := join(t, h, "a", "")
	live(h, s, "t")
	for i := range 100 {
		h.Deliver(event("t", fmt.Sprint(i), nil))
	}
	if h.Backlog() == 0 {
		t.Error("a backlog of nothing")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h.Run(ctx)
	if len(got.lines) != 100 || got.writes != 1 {
		t.Errorf("%d frames in %d writes, want 100 in 1", len(got.lines), got.writes)
	}
	if h.Backlog() != 0 {
		t.Errorf("a backlog of %d bytes after the drain", h.Backlog())
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	h, stop := running(t)
	for i := range 50 {
		s, _ := join(t, h, fmt.Sprint(i), `{"uid":1}`)
		live(h, s, "t")
		h.Subscribe(s, "held")
		h.Leave(s)
		h.Leave(s)
	}
	stop()
	if len(h.spaces) != 0 {
		t.Errorf("%d endpoints are still known", len(h.spaces))
	}
}
