package callback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

const patience = time.Minute // only ends tests that hang

var testKey = Key{ID: "k1", Secret: []byte("0123456789abcdef0123456789abcdef")}

func TestEventAndAnswer(t *testing.T) {
	url := backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		want := Sign(testKey.Secret, "POST", "/hook?a=1", r.Header.Get(HeaderTimestamp), r.Header.Get(HeaderNonce), body)
		if r.Header.Get(HeaderSignature) != want || r.Header.Get(HeaderKey) != "k1" || r.Header.Get("Content-Type") != "application/json" {
			w.WriteHeader(401)
			return
		}
		w.Write(body)
	})
	g, c := open(t, callbackTo(t, "chat.*", url+"/hook?a=1#x", patience))
	send(t, g, message("chat.send", "1", `{"n":5.0}`))
	got := c.next(t)
	want := `{"endpoint":"default","event":"chat.send","user":"7","session":"s","claims":{"uid":7},"data":{"n":5.0},"time":1700000000123}`
	if got.request != "1" || got.data != want || got.refusal != nil {
		t.Errorf("%+v", got)
	}
}

func TestNoncesDiffer(t *testing.T) {
	url := backend(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%q", r.Header.Get(HeaderNonce)) })
	g, c := open(t, callbackTo(t, "*", url, patience))
	seen := map[string]bool{}
	for range 20 {
		send(t, g, message("x", "1", "1"))
		seen[c.next(t).data] = true
	}
	if len(seen) != 20 {
		t.Errorf("%d nonces in 20 requests", len(seen))
	}
}

func TestRefusals(t *testing.T) {
	url := backend(t, func(w http.ResponseWriter, r *http.Request) {
		var e struct {
			Data struct {
				Status int
				Body   string
			}
		}
		json.NewDecoder(r.Body).Decode(&e)
		w.WriteHeader(e.Data.Status)
		io.WriteString(w, e.Data.Body)
	})
	g, c := open(t, callbackTo(t, "*", url, patience))
	for _, v := range readVectors(t).Answers {
		data, _ := json.Marshal(map[string]any{"Status": v.Status, "Body": v.Body})
		send(t, g, message("x", `"v"`, string(data)))
		got := c.next(t)
		want := core.Code("")
		switch {
		case v.Error != nil:
			want = v.Error.Code
		case v.Fault && v.Status == 200:
			want = core.CodePluginFailed
		case v.Fault:
			want = core.CodeUnavailable
		}
		code := core.Code("")
		if got.refusal != nil {
			code = got.refusal.Code
			if strings.Contains(got.refusal.Message, url) {
				t.Errorf("%s: the caller learns the backend's address: %s", v.Name, got.refusal.Message)
			}
		}
		if code != want {
			t.Errorf("%s: %+v", v.Name, got.refusal)
		}
		if code == core.CodeUnavailable && !got.refusal.Retry {
			t.Errorf("%s: no retry", v.Name)
		}
	}
}

func TestLargeAnswer(t *testing.T) {
	url := backend(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `"`+strings.Repeat("x", maxAnswerBytes)+`"`)
	})
	g, c := open(t, callbackTo(t, "*", url, patience))
	send(t, g, message("x", "1", "1"))
	if got := c.next(t); got.refusal == nil || got.refusal.Code != core.CodePluginFailed {
		t.Errorf("%+v", got)
	}
}

func TestSlowBackendHoldsNobodyUp(t *testing.T) {
	release := make(chan struct{})
	url := backend(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/slow") {
			<-release
		}
		fmt.Fprintf(w, "%q", r.URL.Path)
	})
	g, c := open(t, callbackTo(t, "slow", url+"/slow", patience), callbackTo(t, "*", url+"/fast", patience))
	send(t, g, message("slow", "1", "1"))
	send(t, g, message("fast", "2", "1"))
	if got := c.next(t); got.request != "2" || got.data != `"/fast"` {
		t.Errorf("first %+v", got)
	}
	close(release)
	if got := c.next(t); got.request != "1" || got.data != `"/slow"` {
		t.Errorf("second %+v", got)
	}
}

func TestTimeout(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"silence": func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			io.WriteString(w, `{"half":`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			g, c := open(t, callbackTo(t, "*", backend(t, h), 30*time.Millisecond))
			send(t, g, message("x", "1", "1"))
			if got := c.next(t); got.refusal == nil || got.refusal.Code != core.CodeTimeout || !got.refusal.Retry {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	l.Close()
	g, c := open(t, callbackTo(t, "*", url, patience))
	send(t, g, message("x", "1", "1"))
	if got := c.next(t); got.refusal == nil || got.refusal.Code != core.CodeUnavailable || !got.refusal.Retry {
		t.Errorf("%+v", got)
	}
	// Without a request only a refusal is told.
	send(t, g, message("x", "", "1"))
	if got := c.next(t); got.request != "rejected " || got.refusal.Code != core.CodeUnavailable {
		t.Errorf("%+v", got)
	}
}

func TestNoRequestNoAnswer(t *testing.T) {
	heard := make(chan string, 2)
	url := backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		heard <- string(body)
		io.WriteString(w, "1")
	})
	g, c := open(t, callbackTo(t, "*", url, patience))
	send(t, g, message("x", "", `"quiet"`))
	send(t, g, message("x", "2", `"asked"`))
	<-heard
	<-heard
	if got := c.next(t); got.request != "2" {
		t.Errorf("%+v", got)
	}
	select {
	case got := <-c.told:
		t.Errorf("%+v", got)
	default:
	}
}

func TestMostSpecificWins(t *testing.T) {
	url := backend(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%q", r.URL.Path) })
	g, c := open(t, callbackTo(t, "mod_*", url+"/mod", patience), callbackTo(t, "*", url+"/all", patience),
		callbackTo(t, "mod_quiz.*", url+"/quiz", patience), callbackTo(t, "user.{uid}", url+"/own", patience))
	for name, want := range map[string]string{"mod_x": "/mod", "mod_quiz.save": "/quiz", "else": "/all", "user.8": "/all"} {
		send(t, g, message(name, "1", "1"))
		if got := c.next(t); got.data != fmt.Sprintf("%q", want) {
			t.Errorf("%s went to %s", name, got.data)
		}
	}
	if g.Wants("mute", core.HookMessage, "mod_x") || g.Wants("default", core.HookSubscribe, "mod_x") || g.Wants("none", core.HookMessage, "x") {
		t.Error("wants what it has no callback for")
	}
}

func TestClaimsInPatterns(t *testing.T) {
	url := backend(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "1") })
	g, _ := open(t, callbackTo(t, "user.{uid}", url, patience))
	_, err := g.Decide(context.Background(), message("user.8", "1", "1"))
	if core.AsError(err).Code != core.CodeNoHandler {
		t.Error(err)
	}
	if _, err := g.Decide(context.Background(), &core.ClientEvent{Kind: core.HookConnect}); core.AsError(err).Code != core.CodeInternal {
		t.Error(err)
	}
}

func TestLoadErrors(t *testing.T) {
	for want, cs := range map[string][]core.Callback{
		`"a*" and "a*b" are equally specific`: {callbackTo(t, "a*", "http://x", 1), callbackTo(t, "a*b", "http://x", 1)},
		"no URL that starts with http":        {callbackTo(t, "a", "ftp://x", 1)},
		"needs a Timeout above 0":             {callbackTo(t, "a", "http://x", 0)},
	} {
		_, err := New(Options{Endpoints: []*core.Endpoint{{Name: "e", Callbacks: cs}}, Keys: map[string]Key{"e": testKey}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	_, err := New(Options{Endpoints: []*core.Endpoint{{Name: "e", Callbacks: []core.Callback{callbackTo(t, "a", "http://x", 1)}}}})
	if err == nil || !strings.Contains(err.Error(), "no APISecret") {
		t.Error(err)
	}
}

func TestBounds(t *testing.T) {
	release := make(chan struct{})
	var mu sync.Mutex
	now, most := 0, 0
	url := backend(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		<-release
		mu.Lock()
		now--
		mu.Unlock()
		io.WriteString(w, "1")
	})
	g, c := open(t, callbackTo(t, "*", url, patience))
	for range maxWaiting {
		send(t, g, message("x", "1", "1"))
	}
	_, err := g.Decide(context.Background(), message("x", "1", "1"))
	if e := core.AsError(err); e.Code != core.CodeUnavailable || !e.Retry {
		t.Error(err)
	}
	close(release)
	for range maxWaiting {
		if got := c.next(t); got.refusal != nil {
			t.Fatalf("%+v", got.refusal)
		}
	}
	if most > maxInFlight {
		t.Errorf("%d requests at a time", most)
	}
	// What was refused left no trace: there is room again.
	c.mu.Lock()
	c.full = true
	c.mu.Unlock()
	if _, err := g.Decide(context.Background(), message("x", "1", "1")); core.AsError(err).Code != core.CodeUnavailable {
		t.Error(err)
	}
	c.mu.Lock()
	c.full = false
	c.mu.Unlock()
	send(t, g, message("x", "1", "1"))
	c.next(t)
}

func TestCloseBreaksOff(t *testing.T) {
	heard := make(chan struct{})
	url := backend(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		close(heard)
		<-r.Context().Done()
	})
	g, c := open(t, callbackTo(t, "*", url, patience))
	send(t, g, message("x", "1", "1"))
	<-heard
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := g.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := c.next(t); got.refusal == nil || got.refusal.Code != core.CodeUnavailable {
		t.Errorf("%+v", got)
	}
	if _, err := g.Decide(context.Background(), message("x", "1", "1")); core.AsError(err).Code != core.CodeUnavailable {
		t.Error(err)
	}
}

func TestExample(t *testing.T) {
	for text, want := range map[string]string{"chat.*": "chat.", "chat.send": "chat.send", "u.{uid}.*": "u.x.", "*": ""} {
		if p := pattern(t, text); Example(p) != want || !p.Covers(want) {
			t.Errorf("%s: %q", text, Example(p))
		}
	}
}
