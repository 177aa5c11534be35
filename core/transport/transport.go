// Package transport connects sockets to node: it accepts WebSockets, decodes
// frames into commands, writes what the hub says, and keeps connections alive.
//
// gws does the handshake, reads, and control frames. What goes out takes a way
// of its own (outlet), because one drain writes for all connections and must
// never wait for one of them.
package transport

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/lxzan/gws"

	"github.com/driplet/driplet/core/metrics"
	"github.com/driplet/driplet/core/node"
)

// pingSeconds is how often the server pings, and how long a client may hear
// nothing before it asks: under the 30 to 60 seconds after which proxies and
// NATs forget an idle connection.
const pingSeconds = 25

// silence is how much longer than a ping's interval a client may say nothing
// before it is taken for dead.
const silence = 10

// closeGrace is how long a closed connection may take to read its last bytes
// and the close frame.
const closeGrace = time.Second

// WebSockets accepts and serves WebSocket connections.
type WebSockets struct {
	node    *node.Node
	metrics *metrics.Transport
	log     *slog.Logger
	wheel   wheel
	ctx     context.Context // of hooks: ends when Run does
	cancel  context.CancelFunc

	open sync.WaitGroup // read loops

	mu        sync.Mutex
	upgraders map[upgraderKey]*gws.Upgrader
}

// NewWebSockets returns a transport that accepts at once and keeps connections
// alive while it Runs.
func NewWebSockets(n *node.Node, m *metrics.Transport, log *slog.Logger) *WebSockets {
	t := &WebSockets{node: n, metrics: m, log: log, upgraders: map[upgraderKey]*gws.Upgrader{}}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Run turns the wheel that pings connections and ends expired ones.
func (t *WebSockets) Run(ctx context.Context) error {
	defer t.cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			t.wheel.turn(now.Unix(), t.visit)
		}
	}
}

// Wait returns when every connection has ended, or ctx has.
func (t *WebSockets) Wait(ctx context.Context) {
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
