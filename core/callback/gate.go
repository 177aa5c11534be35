package callback

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/dial"
)

// Services is what the gate needs of node, to answer later.
type Services interface {
	// Defer keeps ev's request open for timeout and sets ev.Deferred.
	Defer(ev *core.ClientEvent, handler string, timeout time.Duration) (core.Handle, error)
	// Reply answers a deferred request, once. Nobody waiting is an error.
	Reply(h core.Handle, data []byte, refusal *core.Error) error
	// Reject tells a client that an event without a request was refused.
	Reject(ev *core.ClientEvent, refusal *core.Error)
}

// Meter counts what callbacks do. It is called often and from any goroutine.
type Meter interface {
	// Called is told of every event: match is the callback's pattern, took from
	// the event to its answer. outcome is "ok", "refused" (by the backend),
	// "failed" (no connection, a status or an answer that is none), "timeout",
	// "busy" (too many wait already) or "stopped" (the server stops).
	Called(endpoint, match, outcome string, took time.Duration)
}

// Options are what a Gate works with.
type Options struct {
	Endpoints []*core.Endpoint
	Keys      map[string]Key   // by endpoint's name; needed where there are callbacks
	Meter     Meter            // may be nil
	Log       *slog.Logger     // nil: slog.Default()
	Now       func() time.Time // nil: time.Now
}

// Gate hands events to backends. It is made by New; Start must come before the
// first event, Close ends it.
type Gate struct {
	routes map[string][]*route // by endpoint, the longest literal prefix first
	client *http.Client
	meter  Meter
	now    func() time.Time
	svc    atomic.Pointer[Services]
	ctx    context.Context // ends what is under way
	cancel context.CancelFunc

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup
}

// New returns a gate for the callbacks of these endpoints. Errors are for the
// operator: two callbacks equally specific, no key to sign with.
func New(o Options) (*Gate, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Gate{routes: map[string][]*route{}, client: newClient(new(dial.Dialer)), meter: o.Meter, now: o.Now}
	var faults []error
	for _, ep := range o.Endpoints {
		if len(ep.Callbacks) == 0 {
			continue
		}
		key, ok := o.Keys[ep.Name]
		if !ok || len(key.Secret) == 0 {
			faults = append(faults, fmt.Errorf("endpoint %s has callbacks, but no APISecret to sign them with", ep.Name))
			continue
		}
		routes, err := newRoutes(ep, key, o.Log)
		if err != nil {
			faults = append(faults, err)
		}
		g.routes[ep.Name] = routes
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	return g, nil
}

// Start lets the gate answer through services.
func (g *Gate) Start(services Services) { g.svc.Store(&services) }

// Close takes no more events, waits for those under way until ctx ends, and
// then breaks them off. The error is ctx's.
func (g *Gate) Close(ctx context.Context) error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	done := make(chan struct{})
	go func() { g.calls.Wait(); close(done) }()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	g.cancel()
	<-done
	g.client.CloseIdleConnections()
	return err
}

// enter begins a call; false: the gate is closed.
func (g *Gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.calls.Add(1)
	}
	return !g.closed
}

// Wants reports whether a callback of the endpoint handles events of this
// name. Only core.HookMessage goes to backends.
func (g *Gate) Wants(endpoint string, kind core.HookKind, name string) bool {
	if kind != core.HookMessage {
		return false
	}
	for _, r := range g.routes[endpoint] {
		if r.Match.Covers(name) {
			return true
		}
	}
	return false
}

// Decide sends an event to its backend and returns at once: the answer comes
// later through Services, so that a slow backend does not hold up what else
// the client does. Answers may come in another order than events.
func (g *Gate) Decide(_ context.Context, ev *core.ClientEvent) (core.Verdict, error) {
	var none core.Verdict
	if ev.Kind != core.HookMessage {
		return none, core.Errorf(core.CodeInternal, "callbacks take no decision of kind %d", ev.Kind)
	}
	r := g.route(ev)
	if r == nil {
		return none, core.Errorf(core.CodeNoHandler, "no callback handles the event %q for you", ev.Event)
	}
	body, err := newBody(ev)
	if err != nil {
		return none, err
	}
	if !g.enter() {
		return none, core.Errorf(core.CodeUnavailable, "the server stops: send the event %q again", ev.Event)
	}
	if !r.admit() {
		g.calls.Done()
		g.count(r, "busy", 0)
		return none, core.Errorf(core.CodeUnavailable, "%d events wait for the same backend already: try again later", maxWaiting)
	}
	services := *g.svc.Load()
	answer := func(_ []byte, refusal *core.Error) {
		if refusal != nil {
			services.Reject(ev, refusal)
		}
	}
	if ev.Request != "" {
		h, err := services.Defer(ev, r.name(), r.Timeout+grace)
		if err != nil {
			r.waiting.Add(-1)
			g.calls.Done()
			g.count(r, "busy", 0)
			return none, err
		}
		// The client may have gone meanwhile, which is nobody's fault.
		answer = func(data []byte, refusal *core.Error) { _ = services.Reply(h, data, refusal) }
	}
	name := ev.Event
	go func() {
		defer g.calls.Done()
		data, refusal := g.call(r, name, body)
		r.waiting.Add(-1)
		answer(data, refusal)
	}()
	return none, nil
}

// route finds the callback for an event; nil is none.
func (g *Gate) route(ev *core.ClientEvent) *route {
	for _, r := range g.routes[ev.Endpoint] {
		if r.Match.Match(ev.Event, ev.Claims) {
			return r
		}
	}
	return nil
}

// call waits for a free slot and makes the request, in the callback's time. It
// never fails without a refusal.
func (g *Gate) call(r *route, event string, body []byte) ([]byte, *core.Error) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(g.ctx, r.Timeout)
	defer cancel()
	var data []byte
	var refusal *core.Error
	var err error
	select {
	case r.slots <- struct{}{}:
		data, refusal, err = g.post(ctx, r, body)
		<-r.slots
	case <-ctx.Done():
		err = errors.New("no request could be made in time: all before it are still out")
	}
	r.tell(err)
	g.count(r, outcome(ctx, refusal, err), time.Since(start))
	if err != nil {
		return nil, r.callerError(ctx, event, err)
	}
	return data, refusal
}

// outcome is a request's end as Meter names it; ctx is the request's.
func outcome(ctx context.Context, refusal *core.Error, err error) string {
	switch {
	case err == nil && refusal == nil:
		return "ok"
	case err == nil:
		return "refused"
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "timeout"
	case ctx.Err() != nil:
		return "stopped"
	}
	return "failed"
}

func (g *Gate) count(r *route, outcome string, took time.Duration) {
	if g.meter != nil {
		g.meter.Called(r.endpoint, r.Match.String(), outcome, took)
	}
}
