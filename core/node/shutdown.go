package node

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/driplet/driplet/core"
)

// Shutdown tells every client to come back later: the server stops. Many
// clients are told over spread, so that they do not all come back at once
// where this server, or the next, is about to start; a few are told at once.
func (n *Node) Shutdown(ctx context.Context, spread time.Duration) {
	n.mu.RLock()
	all := slices.Collect(maps.Values(n.sessions))
	n.mu.RUnlock()
	steps := max(1, int(spread/shutdownStep))
	step := max(len(all)/steps, shutdownAtOnce)
	for group := range slices.Chunk(all, step) {
		for _, s := range group {
			n.Close(s, core.CloseGoingAway, "the server restarts: come back")
		}
		if len(all) > step {
			select {
			case <-time.After(shutdownStep):
			case <-ctx.Done():
			}
		}
	}
}

// A server that stops tells at least shutdownAtOnce clients every shutdownStep.
const (
	shutdownStep   = 50 * time.Millisecond
	shutdownAtOnce = 50
)
