package plugins_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/callback"
	"github.com/driplet/driplet/core/plugin"
)

// waiter hands a deferred answer to whoever waits for it.
type waiter chan []byte

// Defer keeps the only request open.
func (waiter) Defer(ev *core.ClientEvent, _ string, _ time.Duration) (core.Handle, error) {
	ev.Deferred = 1
	return 1, nil
}

// Reply answers it; a refusal has no data.
func (w waiter) Reply(_ core.Handle, data []byte, _ *core.Error) error {
	w <- data
	return nil
}

// Reject is not used: every event has a request.
func (waiter) Reject(*core.ClientEvent, *core.Error) {}

// callbackTo is the handler behind HTTP on loopback. What it publishes would
// cost it another request; here it does not.
func callbackTo(b *testing.B, name string, handle handler, state plugin.Store) func() {
	kv, services := state.KV("callback", 1<<20), inLobby()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Endpoint, Event, User string
			Session               core.SessionID
			Time                  int64
			Data                  json.RawMessage
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out, err := handle(r.Context(), kv, services, &core.ClientEvent{
			Endpoint: in.Endpoint, Event: in.Event, User: in.User, Session: in.Session, Time: time.UnixMilli(in.Time), Data: in.Data,
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(out) // a client that is gone fails the benchmark itself
	}))
	match, err := core.ParsePattern("compare.*")
	if err != nil {
		b.Fatal(err)
	}
	gate, err := callback.New(callback.Options{
		Endpoints: []*core.Endpoint{{Name: "default", Callbacks: []core.Callback{{Match: match, URL: backend.URL, Timeout: 10 * time.Second}}}},
		Keys:      map[string]callback.Key{"default": {ID: "k", Secret: make([]byte, 32)}},
	})
	if err != nil {
		b.Fatal(err)
	}
	answers := make(waiter, 1)
	gate.Start(answers)
	b.Cleanup(func() {
		if err := gate.Close(context.WithoutCancel(b.Context())); err != nil {
			b.Error(err)
		}
		backend.Close()
	})
	return func() {
		if _, err := gate.Decide(b.Context(), comparedEvent(name)); err != nil {
			b.Fatal(err)
		}
		if out := <-answers; len(out) < 8 {
			b.Fatalf("the backend answered %s", out)
		}
	}
}
