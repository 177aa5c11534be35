package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
	"github.com/driplet/driplet/core/transport/client"
)

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestSession(t *testing.T) {
	s, ctx := serve(t), within(t)
	frames := make(chan *client.Frame, 100)
	d := client.Dialer{Hear: func(_ *client.Conn, f *client.Frame) { frames <- f }}
	c, err := d.Dial(ctx, webSocket(s), s.User(7))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if w := c.Welcome(); w.User != "7" || w.Session == "" || w.Ping <= 0 || w.MaxFrame != core.DefaultLimits.FrameBytes || w.Expires == 0 {
		t.Errorf("welcome %+v", w)
	}
	reply, err := c.Request(ctx, client.Request{Type: "subscribe", Topic: "news"})
	if err != nil || reply.Type != "reply" || reply.Topic != "news" {
		t.Fatalf("%+v, %v", reply, err)
	}
	big := strings.Repeat("é", 200_000) // more than one buffer holds
	for _, message := range []string{`{"n":1.50}`, `"` + big + `"`, `null`} {
		s.Publish("news", message)
		f := <-frames
		if f.Type != "message" || f.Topic != "news" || string(f.Message) != message || !json.Valid(f.Raw) {
			t.Errorf("%s %s, %d bytes", f.Type, f.Topic, len(f.Message))
		}
	}
	// Many at once arrive whole and in order.
	const many = 300
	for i := range many {
		s.Publish("news", fmt.Sprint(i))
	}
	for i := range many {
		if f := <-frames; string(f.Message) != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, f.Message)
		}
	}
	answer, err := c.Request(ctx, client.Request{Type: "event", Event: "chat.rooms", Data: []byte("{}")})
	if err != nil || !strings.Contains(string(answer.Data), `"rooms"`) {
		t.Errorf("%+v, %v", answer, err)
	}
	var e *core.Error
	if _, err := c.Request(ctx, client.Request{Type: "subscribe", Topic: "secret.x"}); !errors.As(err, &e) || e.Code != core.CodeForbidden || !strings.Contains(e.Message, "secret.x") {
		t.Errorf("a forbidden topic: %v", err)
	}
	if _, err := c.Request(ctx, client.Request{Type: "event", Event: "nobody.knows"}); !errors.As(err, &e) || e.Code != core.CodeNoHandler {
		t.Errorf("an unknown event: %v", err)
	}
	// Without an id only the refusal is answered, and Hear is told.
	if err := c.Send(client.Request{Type: "subscribe", Topic: "secret.x"}); err != nil {
		t.Fatal(err)
	}
	if f := <-frames; f.Type != "error" || f.Error == nil || f.Error.Code != core.CodeForbidden {
		t.Errorf("%s %v", f.Type, f.Error)
	}
	if _, err := c.Request(ctx, client.Request{Type: "refresh", Token: s.User(7)}); err != nil {
		t.Error(err)
	}
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	if _, err := client.Dial(ctx, strings.Replace(secure.URL, "https", "wss", 1)+"/ws/default", ""); err == nil || !strings.Contains(err.Error(), "Does this machine trust") {
		t.Error(err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	if _, err := client.Dial(ctx, strings.Replace(plain.URL, "http", "wss", 1)+"/ws/default", ""); err == nil || !strings.Contains(err.Error(), "Does the server speak TLS there?") {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := c.Request(ended, client.Request{Type: "unsubscribe", Topic: "news"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if c.Err() != nil {
		t.Error(c.Err())
	}
	c.Close()
	c.Close()
	if how := c.Err(); how == nil || how.Code != 1000 {
		t.Errorf("closed: %v", how)
	}
	var how *client.Closed
	if _, err := c.Request(ctx, client.Request{Type: "unsubscribe", Topic: "news"}); !errors.As(err, &how) {
		t.Errorf("after the end: %v", err)
	}
}

func TestRefused(t *testing.T) {
	s, ctx := serve(t), within(t)
	for _, c := range []struct {
		url, token string
		code       core.Code
		close      uint16
		text       string
	}{
		{webSocket(s), "x", core.CodeUnauthorized, core.CloseUnauthorized, "token"},
		{webSocket(s), "", core.CodeUnauthorized, core.CloseUnauthorized, "token"},
		{strings.Replace(webSocket(s), "default", "other", 1), s.User(1), core.CodeNotFound, core.CloseNotFound, `"other"`},
		{strings.Replace(webSocket(s), "/ws/default", "/nothing", 1), s.User(1), core.CodeNotFound, 0, "/nothing"},
		{"http://" + s.Addr, "", core.CodeBadRequest, 0, "not the URL of a WebSocket"},
		{"ws://%zz", "", core.CodeBadRequest, 0, "not the URL of a WebSocket"},
	} {
		_, err := client.Dial(ctx, c.url, c.token)
		var e *core.Error
		if !errors.As(err, &e) || e.Code != c.code || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", c.url, err)
		}
		var how *client.Closed
		if errors.As(err, &how) != (c.close != 0) || how != nil && (how.Code != c.close || how.ComeBack()) {
			t.Errorf("%s: closed %v", c.url, how)
		}
	}
	if _, err := client.Dial(ctx, "ws://127.0.0.1:1/ws/default", ""); err == nil || !strings.Contains(err.Error(), "connection refused. Is the server running?") {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := client.Dial(ended, webSocket(s), s.User(1)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// tap counts frames without decoding any.
type tap struct {
	frames, bytes atomic.Int64
	batches       atomic.Int64
}

func (p *tap) Frame(frame []byte) bool {
	if !strings.HasPrefix(string(frame), `{"type":"message"`) {
		return false
	}
	p.frames.Add(1)
	return true
}

func (p *tap) Flush(bytes int) { p.bytes.Add(int64(bytes)); p.batches.Add(1) }

func TestTapAndServerGone(t *testing.T) {
	s, ctx := serve(t), within(t)
	const clients, messages = 20, 50
	var heard atomic.Int64
	ended := make(chan *client.Closed, clients)
	taps := make([]*tap, clients)
	for i := range taps {
		taps[i] = &tap{}
		d := client.Dialer{Tap: taps[i], Hear: func(*client.Conn, *client.Frame) { heard.Add(1) }, Closed: func(how *client.Closed) { ended <- how }}
		c, err := d.Dial(ctx, webSocket(s), s.User(i+1))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Abort()
		if _, err := c.Request(ctx, client.Request{Type: "subscribe", Topic: "news"}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range messages {
		s.Publish("news", fmt.Sprint(i))
	}
	for _, p := range taps {
		testkit.Until(t, "all frames have come", func() bool { return p.frames.Load() >= messages })
		if p.bytes.Load() < messages*40 || p.batches.Load() == 0 {
			t.Errorf("%d bytes in %d batches", p.bytes.Load(), p.batches.Load())
		}
	}
	if heard.Load() != 0 {
		t.Errorf("Hear was told %d frames that the tap had taken", heard.Load())
	}
	s.Stop()
	for range clients {
		if how := <-ended; how.Code != core.CloseGoingAway || !how.ComeBack() {
			t.Errorf("closed: %v", how)
		}
	}
}
