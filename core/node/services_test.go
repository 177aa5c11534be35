package node

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/target"
)

func aim(t *testing.T, text string) *core.Target {
	tg, err := target.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return tg
}

func TestNoHandler(t *testing.T) {
	w := newWorld(t, handlers{}, nil)
	c := w.join(user(1))
	if got := w.do(c, `{"type":"event","event":"x.y","data":1,"id":1}`); !strings.Contains(got, `"no_handler"`) {
		t.Error(got)
	}
}

func messages(decide func(ev *core.ClientEvent) (core.Verdict, error)) handlers {
	return handlers{
		wants:  func(kind core.HookKind, _ string) bool { return kind == core.HookMessage },
		decide: decide,
	}
}

func TestAnswers(t *testing.T) {
	w := newWorld(t, messages(func(ev *core.ClientEvent) (core.Verdict, error) {
		switch ev.Event {
		case "silent":
			return core.Verdict{}, nil
		case "broken":
			return core.Verdict{}, errors.New("a secret of the inside")
		}
		return core.Verdict{Data: ev.Data}, nil
	}), nil)
	c := w.join(user(1))
	if got := w.do(c, `{"type":"event","event":"echo","data":{"a":1},"id":1}`); got != `{"type":"reply","id":1,"data":{"a":1}}` {
		t.Error(got)
	}
	if got := w.do(c, `{"type":"event","event":"silent","id":2}`); got != `{"type":"reply","id":2,"data":null}` {
		t.Error(got)
	}
	if got := w.do(c, `{"type":"event","event":"broken","id":3}`); !strings.Contains(got, `"internal"`) || strings.Contains(got, "secret") {
		t.Error(got)
	}
}

func TestDeferred(t *testing.T) {
	var w *world
	handles := make(chan core.Handle, 10)
	timeout := time.Minute
	w = newWorld(t, messages(func(ev *core.ClientEvent) (core.Verdict, error) {
		h, err := w.Defer(ev, "slow", timeout)
		if err != nil {
			return core.Verdict{}, err
		}
		handles <- h
		if ev.Event == "trap" {
			return core.Verdict{}, core.Errorf(core.CodePluginFailed, "it trapped")
		}
		return core.Verdict{}, nil
	}), nil)
	c := w.join(user(1))
	var asked sync.WaitGroup
	handle := func(frame string) core.Handle {
		asked.Wait() // a client's frames come one after the other
		asked.Go(func() { w.do(c, frame) })
		return <-handles
	}
	h := handle(`{"type":"event","event":"later","id":1}`)
	if err := w.Reply(h, []byte(`{"done":true}`), nil); err != nil {
		t.Fatal(err)
	}
	c.wait(t, `{"type":"reply","id":1,"data":{"done":true}}`)
	if err := w.Reply(h, nil, nil); core.AsError(err).Code != core.CodeNotFound {
		t.Errorf("a second answer: %v", err)
	}
	h = handle(`{"type":"event","event":"later","id":2}`)
	w.Reply(h, nil, &core.Error{Code: "slow.no", Message: "no"})
	c.wait(t, `"slow.no"`)
	h = handle(`{"type":"event","event":"trap","id":3}`)
	c.wait(t, `"plugin_failed"`)
	if err := w.Reply(h, nil, nil); err == nil {
		t.Error("the request of a handler that failed is still open")
	}
	timeout = 0
	handle(`{"type":"event","event":"later","id":4}`)
	c.wait(t, `"timeout"`)
}

func TestReject(t *testing.T) {
	later := make(chan *core.ClientEvent, 2)
	w := newWorld(t, messages(func(ev *core.ClientEvent) (core.Verdict, error) {
		later <- ev
		return core.Verdict{}, nil
	}), nil)
	c := w.join(user(1))
	w.do(c, `{"type":"event","event":"x"}`)
	ev := <-later
	w.Reject(ev, core.Errorf(core.CodeForbidden, "not you"))
	c.wait(t, `{"type":"error","error":{"code":"forbidden","message":"not you","retry":false}}`)
	ev.Session = "gone"
	w.Reject(ev, core.Errorf(core.CodeForbidden, "nobody hears this"))
}

func TestTooManyWait(t *testing.T) {
	var w *world
	w = newWorld(t, messages(func(ev *core.ClientEvent) (core.Verdict, error) {
		_, err := w.Defer(ev, "slow", time.Minute)
		return core.Verdict{}, err
	}), func(ep *core.Endpoint) { ep.Limits.EventsPerSecond = 0 })
	c := w.join(user(1))
	here := c.tenant.Name
	for i := range maxPending {
		if _, ok := w.pending.add(&openRequest{session: c.Session, plugin: pluginAt{"slow", here}, deadline: w.Now().Add(time.Minute)}); !ok {
			t.Fatalf("only %d may wait", i)
		}
	}
	if got := w.do(c, `{"type":"event","event":"x","id":1}`); !strings.Contains(got, `"unavailable"`) {
		t.Error(got)
	}
	if _, ok := w.pending.add(&openRequest{plugin: pluginAt{"slow", "elsewhere"}}); !ok {
		t.Error("another endpoint's callers may not wait")
	}
}

func TestRate(t *testing.T) {
	w := newWorld(t, messages(func(*core.ClientEvent) (core.Verdict, error) { return core.Verdict{}, nil }), func(ep *core.Endpoint) { ep.Limits.EventsPerSecond = 2 })
	c := w.join(user(1))
	for range 50 {
		w.do(c, `{"type":"event","event":"x"}`)
	}
	if got := c.wait(t, `"rate_limited"`); !strings.Contains(got, `"retry":true`) {
		t.Error(got)
	}
	for range maxRefused {
		w.do(c, `{"type":"event","event":"x"}`)
	}
	deadline := time.Now().Add(time.Minute)
	for {
		c.mu.Lock()
		code := c.closed.Code
		c.mu.Unlock()
		if code == core.CloseRateLimited {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("it was not closed")
		}
		<-c.came
	}
}

func TestServerSide(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	h := handlers{
		wants: func(kind core.HookKind, _ string) bool {
			return kind == core.HookUnsubscribe || kind == core.HookDisconnect
		},
		observe: func(ev *core.ClientEvent) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, ev.User+" "+ev.Topic)
		},
	}
	w := newWorld(t, h, func(ep *core.Endpoint) {
		ep.Topics = []core.TopicRule{{Match: pattern(t, "*"), Subscribe: core.AccessNobody}}
	})
	a, b := w.join(user(1)), w.join(user(2))
	ctx := context.Background()
	for _, c := range []*client{a, b} {
		if err := w.Subscribe(ctx, "default", c.ID, "room", []byte(`{"n":1}`)); err != nil {
			t.Fatal(err)
		}
		c.wait(t, `{"type":"subscribed","topic":"room"`)
	}
	if err := w.Subscribe(ctx, "default", "nobody", "room", nil); core.AsError(err).Code != core.CodeNotFound {
		t.Error(err)
	}
	if !w.Subscribed("default", a.ID, "room") || w.Subscribed("other", a.ID, "room") {
		t.Error("who is subscribed is told wrongly")
	}
	w.Unsubscribe("default", core.Audience{Users: []string{"1"}}, "room", "chat.kicked")
	a.wait(t, `{"type":"unsubscribed","topic":"room","reason":"chat.kicked"}`)
	if w.Subscribed("default", a.ID, "room") || !w.Subscribed("default", b.ID, "room") {
		t.Error("the wrong one was put out")
	}
	w.Disconnect("default", core.Audience{Sessions: []core.SessionID{b.ID}}, "")
	for b.closedWith().Code != core.CloseDisconnected {
		<-b.came
	}
	w.Leave(b.Session)
	w.Leave(b.Session)
	if len(w.Members("default", "room")) != 0 {
		t.Error("somebody is still on the topic")
	}
	mu.Lock()
	defer mu.Unlock()
	if got := strings.Join(seen, ","); got != "1 room,2 room,2 " {
		t.Errorf("observed %q", got)
	}
}

// What a handler has put a client on no claims have opened, and a refresh of
// them does not end.
func TestRefreshLeavesWhatHandlersGave(t *testing.T) {
	w := newWorld(t, handlers{}, func(ep *core.Endpoint) {
		ep.Topics = []core.TopicRule{
			{Match: pattern(t, "room.*"), Subscribe: core.AccessNobody},
			{Match: pattern(t, "team.{team}"), Subscribe: core.AccessClaims},
		}
	})
	of := func(team string) map[string]any {
		return map[string]any{"custom": map[string]any{"uid": 1, "team": team}}
	}
	c := w.join(of("red"))
	if err := w.Subscribe(context.Background(), "default", c.ID, "room.1", nil); err != nil {
		t.Fatal(err)
	}
	w.do(c, `{"type":"subscribe","topic":"team.red","id":1}`)
	w.do(c, fmt.Sprintf(`{"type":"refresh","token":%q,"id":2}`, token(t, of("blue"))))
	c.wait(t, `{"type":"unsubscribed","topic":"team.red","reason":"forbidden"}`)
	if !w.Subscribed("default", c.ID, "room.1") || w.Subscribed("default", c.ID, "team.red") {
		t.Error("the refresh has ended the wrong subscription")
	}
}

func TestPingWithID(t *testing.T) {
	w := newWorld(t, handlers{}, nil)
	c := w.join(user(1))
	w.do(c, `{"type":"ping"}`)
	w.do(c, `{"type":"ping","id":"p"}`)
	c.wait(t, `{"type":"reply","id":"p"}`)
	if n := c.count(`{"type":"pong"}`); n != 2 {
		t.Errorf("%d pongs, want 2", n)
	}
	if n := c.count(`"reply"`); n != 1 {
		t.Errorf("%d replies, want 1", n)
	}
}

func (c *client) closedWith() core.CloseReason {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}
