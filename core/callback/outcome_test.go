package callback

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/programtest"
)

func TestLogOfFailures(t *testing.T) {
	var status atomic.Int32
	status.Store(401)
	url := backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(int(status.Load()))
		io.WriteString(w, `{"error":{"code":"unauthorized","message":"why not"}}`)
	})
	var log programtest.Output
	c := callbackTo(t, "*", strings.Replace(url, "//", "//name:hunter2@", 1), patience)
	g, err := New(Options{
		Endpoints: []*core.Endpoint{{Name: "default", Callbacks: []core.Callback{c}}},
		Keys:      map[string]Key{"default": testKey}, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	who := &callers{open: map[core.Handle]string{}, told: make(chan told, 1)}
	g.Start(who)
	for range 5 {
		send(t, g, message("x", "1", "1"))
		who.next(t)
	}
	status.Store(200)
	for range 2 {
		send(t, g, message("x", "1", "1"))
		if got := who.next(t); got.refusal == nil || got.refusal.Code != core.CodeUnauthorized {
			t.Errorf("%+v", got)
		}
	}
	if err := g.Close(context.Background()); err != nil {
		t.Error(err)
	}
	got := strings.Split(strings.TrimSpace(log.String()), "\n")
	want := []string{"in_a_row=1", "in_a_row=2", "in_a_row=4", "the callback works again"}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i, w := range want {
		if !strings.Contains(got[i], w) || strings.Contains(got[i], "hunter2") {
			t.Errorf("%s: want %s", got[i], w)
		}
	}
	if !strings.Contains(got[0], "another APISecret") || !strings.Contains(got[0], "why not") || !strings.Contains(got[0], "endpoint=default") {
		t.Error(got[0])
	}
}

func TestNoRedirect(t *testing.T) {
	var followed atomic.Bool
	url := backend(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			followed.Store(true)
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	g, c := open(t, callbackTo(t, "*", url, patience))
	send(t, g, message("x", "1", "1"))
	if got := c.next(t); got.refusal == nil || got.refusal.Code != core.CodeUnavailable || followed.Load() {
		t.Errorf("%+v, followed: %t", got.refusal, followed.Load())
	}
}

// A backend that switches protocols and then says nothing holds up neither its
// caller nor the server's end.
func TestNoOtherProtocol(t *testing.T) {
	url := backend(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { conn.Close() })
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
	})
	g, c := open(t, callbackTo(t, "*", url, patience))
	send(t, g, message("x", "1", "1"))
	if got := c.next(t); got.refusal == nil || got.refusal.Code != core.CodeUnavailable {
		t.Errorf("%+v", got.refusal)
	}
}

func TestConnectionsAreKept(t *testing.T) {
	var mu sync.Mutex
	from := map[string]bool{}
	url := backend(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		from[r.RemoteAddr] = true
		mu.Unlock()
		io.WriteString(w, "1")
	})
	g, c := open(t, callbackTo(t, "*", url, patience))
	for range 10 {
		send(t, g, message("x", "1", "1"))
		c.next(t)
	}
	mu.Lock()
	defer mu.Unlock()
	// A connection may still be on its way back when the next request begins.
	if len(from) > 5 {
		t.Errorf("%d connections for 10 requests in turn", len(from))
	}
}

func TestCloseWaits(t *testing.T) {
	heard, release := make(chan struct{}), make(chan struct{})
	url := backend(t, func(w http.ResponseWriter, r *http.Request) {
		close(heard)
		<-release
		io.WriteString(w, `"done"`)
	})
	g, c := open(t, callbackTo(t, "*", url, patience))
	send(t, g, message("x", "1", "1"))
	<-heard
	closed := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		closed <- g.Close(ctx)
	}()
	close(release)
	if got := c.next(t); got.data != `"done"` {
		t.Errorf("%+v", got)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// BenchmarkRoundTrip is an event to a backend in Go on this machine, and back:
// what an HTTP callback costs at best.
func BenchmarkRoundTrip(b *testing.B) {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, `{"ok":true}`)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	p, _ := core.ParsePattern("*")
	g, err := New(Options{
		Endpoints: []*core.Endpoint{{Name: "default", Callbacks: []core.Callback{{Match: p, URL: server.URL, Timeout: time.Minute}}}},
		Keys:      map[string]Key{"default": testKey}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	c := &callers{open: map[core.Handle]string{}, told: make(chan told, 1)}
	g.Start(c)
	for b.Loop() {
		if _, err := g.Decide(context.Background(), message("x", "1", `{"text":"hi"}`)); err != nil {
			b.Fatal(err)
		}
		if got := <-c.told; got.refusal != nil {
			b.Fatal(got.refusal)
		}
	}
	g.Close(context.Background())
}
