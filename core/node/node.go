// Package node holds what clients and backends can ask for, a file each. It
// knows no socket, no HTTP and no dialect: transport and server translate to
// and from it.
//
// A client comes in by Connect, and Handle does what its frames ask; a backend
// comes by Message and Call; what plugins and callbacks can have done stands in
// services.go.
//
// Methods may be called from any goroutine. A client's own requests come from
// its read loop, one after the other.
package node

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/engine"
	"github.com/driplet/driplet/core/hub"
	"github.com/driplet/driplet/core/metrics"
)

// Deps are the parts that a node works with. Hooks and Observer may be nil.
type Deps struct {
	Hub      *hub.Hub
	Engine   engine.Engine
	Hooks    Hooks
	Observer Observer
	Metrics  *metrics.Node
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
}

// Node serves the endpoints.
type Node struct {
	Deps
	tokens  *auth.Tokens
	tenants map[string]*tenant
	rooms   rooms
	pending pending
	gaps    gaps

	mu       sync.RWMutex
	sessions map[core.SessionID]*Session
}

// tokenCacheSize bounds the verified tokens that are kept: 20 MB of claims.
const tokenCacheSize = 20000

// New returns a node for these endpoints. Run must follow.
func New(endpoints []*core.Endpoint, d Deps) *Node {
	if d.Now == nil {
		d.Now = time.Now
	}
	n := &Node{
		Deps:     d,
		tokens:   auth.NewTokens(tokenCacheSize),
		tenants:  make(map[string]*tenant, len(endpoints)),
		sessions: map[core.SessionID]*Session{},
	}
	for _, ep := range endpoints {
		n.tenants[ep.Name] = newTenant(ep, d.Metrics)
	}
	n.rooms.init()
	n.pending.init()
	n.gaps.init()
	return n
}

// Run answers what handlers left open for too long, and ends subscriptions with
// gaps, until ctx ends.
func (n *Node) Run(ctx context.Context) error {
	tick := time.NewTicker(pendingSweep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-n.gaps.come:
			n.endGaps()
		case <-tick.C:
			n.expirePending(n.Now())
		}
	}
}

// session finds a connected client by its secret id; nil: it has ended.
func (n *Node) session(id core.SessionID) *Session {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.sessions[id]
}
