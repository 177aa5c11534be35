// Package transport connects sockets to node: it accepts WebSockets, decodes
// frames into commands, writes what the hub says, and keeps connections alive.
//
// gws does the handshake, reads, and control frames. What goes out takes a way
// of its own (outlet), because one drain writes for all connections and must
// never wait for one of them.
//
// Accept makes a connection of a handshake, events.OnMessage has its frames, and
// outlet writes to it. Front stands before net/http for what comes by the
// thousand.
package transport

import (
	"context"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lxzan/gws"

	"github.com/driplet/driplet/core/metrics"
	"github.com/driplet/driplet/core/node"
)

// pingSeconds is how often the server pings, and how long a client may hear
// nothing before it asks: under the 30 to 60 seconds after which proxies and
// NATs forget an idle connection.
const pingSeconds = 25

// silenceSeconds is how much longer than a ping's interval a client may say
// nothing before it is taken for dead: eight pings in all. A peer that is gone
// is found sooner, by the pings that its machine does not acknowledge
// (ackTimeout); this is for clients behind a proxy that goes on acknowledging,
// and it is patient with those that receive but answer no ping.
const silenceSeconds = 7 * pingSeconds

// ackTimeout is how long the kernel waits for what was sent to be acknowledged
// before it gives the connection up (TCP_USER_TIMEOUT, RFC 5482): two pings.
const ackTimeout = 2 * pingSeconds * time.Second

// closeGrace is how long a closed connection may take to read its last bytes
// and the close frame.
const closeGrace = time.Second

// shutdownGrace is closeGrace when the server stops: what it has promised to
// deliver should arrive.
const shutdownGrace = 5 * time.Second

// WebSockets accepts and serves WebSocket connections.
type WebSockets struct {
	node    *node.Node
	metrics *metrics.Transport
	log     *slog.Logger
	started time.Time
	ping    int64 // seconds
	silence int64 // seconds
	wheel   wheel
	budget  budget
	told    atomic.Int64    // the clock when the log was told that clients are refused; 0: never
	ctx     context.Context // of hooks: ends when Run does
	cancel  context.CancelFunc

	mu        sync.Mutex
	upgraders map[upgraderKey]*gws.Upgrader
	stopping  bool
	open      sync.WaitGroup // connections, from their handshake on; grows under mu
}

// NewWebSockets returns a transport that accepts at once and keeps connections
// alive while it Runs.
func NewWebSockets(n *node.Node, b Budget, m *metrics.Transport, log *slog.Logger) *WebSockets {
	t := &WebSockets{
		node: n, metrics: m, log: log, started: time.Now(), ping: pingSeconds, silence: silenceSeconds,
		upgraders: map[upgraderKey]*gws.Upgrader{},
	}
	t.budget.init(b)
	t.budget.boundByFiles(maxFiles())
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// clock is seconds that a change of the system's time leaves alone: were it
// set forward, everybody would seem to have been silent.
func (t *WebSockets) clock() int64 { return 1 + int64(time.Since(t.started)/time.Second) }

// Run turns the wheel that pings connections and ends expired ones.
func (t *WebSockets) Run(ctx context.Context) error {
	defer t.cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	wave := trim{last: t.started}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			t.wheel.turn(t.clock(), t.visit)
			t.watchMemory()
			if wave.due(t.budget.open.Load(), time.Now()) {
				t.log.Debug("a wave of connections is over: memory goes back to the system")
				runtime.GC() // what pools hold goes at the second collection
				debug.FreeOSMemory()
			}
		}
	}
}

// watchMemory says when the budget is reached, and when it is over.
func (t *WebSockets) watchMemory() {
	was := t.budget.full.Load()
	switch full := t.budget.check(); {
	case full && !was:
		t.log.Warn("the memory of Global.Memory is reached: new connections are refused, then the slowest are closed")
	case was && !full:
		t.log.Info("memory is back within Global.Memory")
	}
}

// Shutdown takes no more connections, tells every client to come back later,
// over spread when they are many, and returns when all have ended or ctx has.
// What was published before reaches them first.
func (t *WebSockets) Shutdown(ctx context.Context, spread time.Duration) {
	t.mu.Lock()
	t.stopping = true
	t.mu.Unlock()
	t.node.Shutdown(ctx, spread)
	done := make(chan struct{})
	go func() {
		t.open.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// enter counts a connection in, unless the server stops or is full: that is
// told as HTTP in every version, for an upgrade would cost what is missing.
func (t *WebSockets) enter() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopping {
		return errStopping
	}
	if err := t.budget.admit(); err != nil {
		return err
	}
	t.open.Add(1)
	return nil
}

// tellFull notes in the log that clients are refused for want of room, once a minute.
// Of memory that is reached watchMemory tells.
func (t *WebSockets) tellFull(refusal error) {
	now, told := t.clock(), t.told.Load()
	if refusal == errStopping || t.budget.full.Load() || told > 0 && now-told < 60 || !t.told.CompareAndSwap(told, now) {
		return
	}
	t.log.Warn("clients are refused", "open", t.budget.open.Load(), "err", refusal)
}

// exit counts a connection out.
func (t *WebSockets) exit() {
	t.budget.release()
	t.open.Done()
}

// leaving reports whether the server stops.
func (t *WebSockets) leaving() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stopping
}
