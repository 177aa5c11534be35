package node

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
)

// callRequest is a signed request to a plugin, with a nonce of its own.
func callRequest(plugin, body string) auth.Request {
	r := auth.Request{
		Method: "POST", URI: "/hook/default/" + plugin, Body: []byte(body),
		Nonce: fmt.Sprintf("call%d", nonces.Add(1)), Timestamp: fmt.Sprint(time.Now().Unix()),
	}
	r.Signature = auth.SignRequest(apiSecret, r)
	return r
}

func (w *world) call(plugin, body string) (string, error) {
	data, err := w.Call(context.Background(), "default", plugin, callRequest(plugin, body), core.HTTPRequest{Method: "POST"})
	return string(data), err
}

// server is a plugin "p" that answers requests.
func server(decide func(ev *core.ClientEvent) (core.Verdict, error)) handlers {
	return handlers{
		wants:  func(kind core.HookKind, name string) bool { return kind == core.HookHTTP && name == "p" },
		decide: decide,
	}
}

func TestCall(t *testing.T) {
	w := newWorld(t, server(func(ev *core.ClientEvent) (core.Verdict, error) {
		if ev.Kind != core.HookHTTP || ev.Event != "p" || ev.Endpoint != "default" || ev.Session != "" || ev.HTTP.Method != "POST" || ev.Time.IsZero() {
			t.Errorf("asked about %+v", ev)
		}
		if string(ev.Data) == "no" {
			return core.Verdict{}, core.Errorf("p.no", "no")
		}
		return core.Verdict{Data: ev.Data}, nil
	}), nil)
	if got, err := w.call("p", `{"a":1}`); err != nil || got != `{"a":1}` {
		t.Error(got, err)
	}
	if _, err := w.call("p", `no`); core.AsError(err).Code != "p.no" {
		t.Error(err)
	}
	if _, err := w.call("q", `1`); core.AsError(err).Code != core.CodeNotFound || !strings.Contains(err.Error(), "list it in Plugins") {
		t.Error(err)
	}
	ctx := context.Background()
	if _, err := w.Call(ctx, "nowhere", "p", callRequest("p", `1`), core.HTTPRequest{}); core.AsError(err).Code != core.CodeNotFound {
		t.Error(err)
	}
	once := callRequest("p", `1`)
	for _, want := range []string{"", core.ReasonReplayed} {
		if _, err := w.Call(ctx, "default", "p", once, core.HTTPRequest{Method: "POST"}); (err == nil) != (want == "") || err != nil && core.AsError(err).Reason != want {
			t.Error(err)
		}
	}
	for want, change := range map[string]func(*auth.Request){
		core.ReasonSignatureMissing:  func(r *auth.Request) { r.Signature = "" },
		core.ReasonSignatureMismatch: func(r *auth.Request) { r.Body = []byte(`2`) },
		core.ReasonClockSkew: func(r *auth.Request) {
			r.Timestamp = fmt.Sprint(time.Now().Unix() - 100)
			r.Signature = auth.SignRequest(apiSecret, *r)
		},
		"version 1": func(r *auth.Request) { r.Signature = auth.SignBody(apiSecret, r.Body) },
	} {
		r := callRequest("p", `1`)
		change(&r)
		_, err := w.Call(ctx, "default", "p", r, core.HTTPRequest{})
		if e := core.AsError(err); e.Code != core.CodeUnauthorized || e.Reason != want && want != "version 1" {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestCallRate: a backend that asks without end is told so, and its nonce is
// good for later; strangers cannot use the rate up.
func TestCallRate(t *testing.T) {
	w := newWorld(t, server(func(*core.ClientEvent) (core.Verdict, error) { return core.Verdict{}, nil }), func(ep *core.Endpoint) {
		ep.Limits.HooksPerSecond = 0.001
	})
	for range 5 {
		bad := callRequest("p", `1`)
		bad.Body = nil
		w.Call(context.Background(), "default", "p", bad, core.HTTPRequest{})
	}
	if _, err := w.call("p", `1`); err != nil {
		t.Error(err)
	}
	again := callRequest("p", `1`)
	for range 2 {
		if _, err := w.Call(context.Background(), "default", "p", again, core.HTTPRequest{}); core.AsError(err).Code != core.CodeRateLimited || !strings.Contains(err.Error(), "HooksPerSecond") {
			t.Error(err)
		}
	}
}

// TestDeferredCall: the answer may come in the same event, later, too late, or
// to nobody.
func TestDeferredCall(t *testing.T) {
	var w *world
	told := make(chan core.Handle, 8)
	w = newWorld(t, server(func(ev *core.ClientEvent) (core.Verdict, error) {
		patience := 30 * time.Second
		if string(ev.Data) == `"never"` {
			patience = 0
		}
		h, err := w.Defer(ev, "p", patience)
		if err != nil {
			return core.Verdict{}, err
		}
		if _, err := w.Defer(ev, "p", patience); err == nil {
			t.Error("deferred twice")
		}
		switch string(ev.Data) {
		case `"now"`:
			return core.Verdict{}, w.Reply(h, []byte(`"now"`), nil)
		case `"refused"`:
			return core.Verdict{}, w.Reply(h, nil, core.Errorf("p.no", "no"))
		case `"fails"`:
			return core.Verdict{}, core.Errorf(core.CodePluginFailed, "it failed after it had deferred")
		case `"answered and fails"`:
			w.Reply(h, []byte(`1`), nil)
			return core.Verdict{}, core.Errorf(core.CodePluginFailed, "it failed after it had answered")
		}
		told <- h
		return core.Verdict{}, nil
	}), nil)
	for ask, want := range map[string]string{`"now"`: `"now"`, `"refused"`: "p.no", `"fails"`: "plugin_failed", `"answered and fails"`: "1", `"never"`: "timeout"} {
		got, err := w.call("p", ask)
		if err != nil {
			got = string(core.AsError(err).Code)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", ask, got, want)
		}
	}
	<-told // of "never"
	go func() { w.Reply(<-told, []byte(`{"late":1}`), nil) }()
	if got, err := w.call("p", `"later"`); err != nil || got != `{"late":1}` {
		t.Error(got, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan core.Handle)
	go func() { h := <-told; cancel(); gone <- h }()
	_, err := w.Call(ctx, "default", "p", callRequest("p", `1`), core.HTTPRequest{})
	if core.AsError(err).Code != core.CodeUnavailable {
		t.Error(err)
	}
	if err := w.Reply(<-gone, nil, nil); core.AsError(err).Code != core.CodeNotFound {
		t.Errorf("a caller that has gone is answered: %v", err)
	}
	if n := len(w.pending.open); n != 0 {
		t.Errorf("%d wait still", n)
	}
}
