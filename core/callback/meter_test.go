package callback

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"
)

// tally is a Meter that keeps what it is told.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (c *tally) Called(endpoint, match, outcome string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if took < 0 || took == 0 && outcome != "busy" {
		outcome += " in no time"
	}
	c.counts[endpoint+" "+match+" "+outcome]++
}

func TestMeter(t *testing.T) {
	stuck := make(chan struct{})
	url := backend(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ok":
			w.Write([]byte(`1`))
		case "/refused":
			w.Write([]byte(`{"error":{"code":"a.b","message":"no"}}`))
		case "/failed":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			<-stuck
		}
	})
	t.Cleanup(func() { close(stuck) }) // before the backend waits for its handlers
	g, c := open(t,
		callbackTo(t, "ok.*", url+"/ok", patience), callbackTo(t, "refused.*", url+"/refused", patience),
		callbackTo(t, "failed.*", url+"/failed", patience),
		callbackTo(t, "late.*", url+"/late", time.Millisecond), callbackTo(t, "end.*", url+"/late", time.Minute))
	m := &tally{counts: map[string]int{}}
	g.meter = m
	for _, name := range []string{"ok.a", "ok.b", "refused.a", "failed.a", "late.a"} {
		send(t, g, message(name, "1", `{}`))
		c.next(t)
	}
	c.full = true
	if _, err := g.Decide(context.Background(), message("ok.c", "1", `{}`)); err == nil {
		t.Error("nobody can wait, and somebody does")
	}
	c.full = false
	send(t, g, message("end.a", "1", `{}`))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := g.Close(ctx); err != context.Canceled {
		t.Error(err)
	}
	want := map[string]int{
		"default ok.* ok": 2, "default refused.* refused": 1, "default failed.* failed": 1,
		"default late.* timeout": 1, "default ok.* busy": 1, "default end.* stopped": 1,
	}
	for key, n := range want {
		if m.counts[key] != n {
			t.Errorf("%s: %d, want %d", key, m.counts[key], n)
		}
	}
	if len(m.counts) != len(want) {
		t.Errorf("counted %v", m.counts)
	}
}
