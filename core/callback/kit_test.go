package callback

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

// told is what a caller heard.
type told struct {
	request string
	data    string
	refusal *core.Error
}

// callers is Services: it hands on what callers hear.
type callers struct {
	mu   sync.Mutex
	open map[core.Handle]string
	last core.Handle
	full bool
	told chan told
}

func (c *callers) Defer(ev *core.ClientEvent, _ string, _ time.Duration) (core.Handle, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.full {
		return 0, core.Errorf(core.CodeUnavailable, "full")
	}
	c.last++
	c.open[c.last] = string(ev.Request)
	ev.Deferred = c.last
	return c.last, nil
}

func (c *callers) Reply(h core.Handle, data []byte, refusal *core.Error) error {
	c.mu.Lock()
	request, ok := c.open[h]
	delete(c.open, h)
	c.mu.Unlock()
	if !ok {
		return core.Errorf(core.CodeNotFound, "nobody waits")
	}
	c.told <- told{request, string(data), refusal}
	return nil
}

func (c *callers) Reject(ev *core.ClientEvent, refusal *core.Error) {
	c.told <- told{"rejected " + string(ev.Request), "", refusal}
}

// next is what the next caller hears.
func (c *callers) next(t *testing.T) told {
	t.Helper()
	select {
	case got := <-c.told:
		return got
	case <-time.After(patience):
		t.Fatal("no caller was answered")
		return told{}
	}
}

func pattern(t *testing.T, text string) core.Pattern {
	t.Helper()
	p, err := core.ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func callbackTo(t *testing.T, match, url string, timeout time.Duration) core.Callback {
	t.Helper()
	return core.Callback{Match: pattern(t, match), URL: url, Timeout: timeout}
}

// open makes a gate for one endpoint.
func open(t *testing.T, cs ...core.Callback) (*Gate, *callers) {
	t.Helper()
	g, err := New(Options{
		Endpoints: []*core.Endpoint{{Name: "default", Callbacks: cs}, {Name: "mute"}},
		Keys:      map[string]Key{"default": testKey}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &callers{open: map[core.Handle]string{}, told: make(chan told, 2*maxWaiting)}
	g.Start(c)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := g.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return g, c
}

func message(name, request, data string) *core.ClientEvent {
	return &core.ClientEvent{
		Kind: core.HookMessage, Endpoint: "default", Event: name, Session: "s", User: "7", Request: core.RequestID(request),
		Claims: &core.Claims{User: "7", Custom: []byte(`{"uid":7}`)}, Time: time.UnixMilli(1700000000123), Data: []byte(data),
	}
}

func send(t *testing.T, g *Gate, ev *core.ClientEvent) {
	t.Helper()
	if !g.Wants(ev.Endpoint, ev.Kind, ev.Event) {
		t.Fatalf("nobody wants %s", ev.Event)
	}
	if _, err := g.Decide(context.Background(), ev); err != nil {
		t.Fatal(err)
	}
}

func backend(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}
