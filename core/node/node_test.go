package node

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/engine/local"
	"github.com/driplet/driplet/core/hub"
	"github.com/driplet/driplet/core/metrics"
	"github.com/driplet/driplet/core/wire"
)

const (
	apiSecret = "api-secret-of-the-tests-0123456789"
	jwtSecret = "jwt-secret-of-the-tests-0123456789"
)

// handlers is Hooks and Observer made of functions; nil is silence.
type handlers struct {
	wants   func(kind core.HookKind, name string) bool
	decide  func(ev *core.ClientEvent) (core.Verdict, error)
	observe func(ev *core.ClientEvent)
}

func (h handlers) Wants(_ string, kind core.HookKind, name string) bool {
	return h.wants != nil && h.wants(kind, name)
}

func (h handlers) Decide(_ context.Context, ev *core.ClientEvent) (core.Verdict, error) {
	return h.decide(ev)
}

func (h handlers) Observe(ev *core.ClientEvent) {
	if h.observe != nil {
		h.observe(ev)
	}
}

// client is a connection that keeps what it is told.
type client struct {
	*Session
	mu     sync.Mutex
	frames []string
	closed core.CloseReason
	came   chan struct{} // told of every frame
}

func (c *client) Write(b *hub.Batch) {
	c.mu.Lock()
	for _, f := range b.Frames {
		c.frames = append(c.frames, string(f.Payload()))
	}
	c.mu.Unlock()
	c.tell()
}

func (c *client) Close(r core.CloseReason) {
	c.mu.Lock()
	c.closed = r
	c.mu.Unlock()
	c.tell()
}

func (c *client) tell() {
	select {
	case c.came <- struct{}{}:
	default:
	}
}

// wait returns the first frame that holds text.
func (c *client) wait(t testing.TB, text string) string {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		c.mu.Lock()
		for _, f := range c.frames {
			if strings.Contains(f, text) {
				c.mu.Unlock()
				return f
			}
		}
		all := strings.Join(c.frames, "\n")
		c.mu.Unlock()
		select {
		case <-c.came:
		case <-time.After(5 * time.Millisecond): // another waiter took the word
		case <-deadline:
			t.Fatalf("no frame holds %q in\n%s", text, all)
		}
	}
}

// count says how many frames hold text, now.
func (c *client) count(text string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.frames {
		if strings.Contains(f, text) {
			n++
		}
	}
	return n
}

// world is a node with all its real parts, but for sockets.
type world struct {
	*Node
	t testing.TB
}

func endpoint() *core.Endpoint {
	return &core.Endpoint{
		Name:    "default",
		APIKeys: []core.Credential{{ID: "current", Secret: apiSecret}},
		JWTKeys: []core.Credential{{ID: "current", Secret: jwtSecret}},
		Limits:  core.DefaultLimits,
	}
}

func newWorld(t testing.TB, h handlers, change func(*core.Endpoint)) *world {
	ep := endpoint()
	if change != nil {
		change(ep)
	}
	set := metrics.New()
	hb := hub.New(set.Hub)
	e, err := local.Open("", hb, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := New([]*core.Endpoint{ep}, Deps{Hub: hb, Engine: e, Hooks: h, Observer: h, Metrics: set.Node, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { hb.Run(ctx) })
	parts.Go(func() { n.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		parts.Wait()
		e.Close()
	})
	return &world{n, t}
}

func token(t testing.TB, claims map[string]any) string {
	if claims["exp"] == nil {
		claims["exp"] = time.Now().Add(time.Hour).Unix()
	}
	s, err := auth.Mint(jwtSecret, claims)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// join connects a client whose token holds these claims.
func (w *world) join(claims map[string]any) *client {
	w.t.Helper()
	a, err := w.Connect(context.Background(), Connection{Endpoint: "default", Token: token(w.t, claims)})
	if err != nil {
		w.t.Fatal(err)
	}
	c := &client{came: make(chan struct{}, 1)}
	c.Session = a.Open(c, wire.V2)
	c.wait(w.t, "welcome")
	return c
}

func user(uid any, more ...string) map[string]any {
	return map[string]any{"custom": map[string]any{"uid": uid, "roles": more}}
}

// do sends one frame of the client, and waits for its answer if it has an id.
func (w *world) do(c *client, frame string) string {
	w.t.Helper()
	cmd, err := wire.V2.Decode([]byte(frame))
	if err != nil {
		w.t.Fatal(err)
	}
	w.Handle(context.Background(), c.Session, &cmd)
	if cmd.ID == "" {
		return ""
	}
	return c.wait(w.t, fmt.Sprintf(`"id":%s`, cmd.ID))
}

func pattern(t *testing.T, text string) core.Pattern {
	p, err := core.ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// publish posts a message as a backend does.
func (w *world) publish(body string) (Receipt, error) {
	return w.Message(context.Background(), "default", auth.Request{
		Method: "POST", URI: "/api/default/message", Body: []byte(body), Signature: auth.SignBody(apiSecret, []byte(body)),
	})
}
