package plugin

import (
	"sync"
	"time"

	"github.com/driplet/driplet/core"
)

// waiting holds the deferred requests of a plugin on an endpoint, so that it
// answers its own and no other's. Node bounds how many there are.
type waiting struct {
	mu      sync.Mutex
	handles map[core.Handle]time.Time // until when
	sweep   time.Time                 // when to look for old ones next
}

func (w *waiting) add(h core.Handle, now, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.handles == nil {
		w.handles = map[core.Handle]time.Time{}
	}
	// Callers that were never answered leave their handle here: forget them
	// once a lifetime.
	if now.After(w.sweep) {
		for other, end := range w.handles {
			if end.Before(now) {
				delete(w.handles, other)
			}
		}
		w.sweep = until
	}
	w.handles[h] = until
}

func (w *waiting) has(h core.Handle, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	until, ok := w.handles[h]
	return ok && now.Before(until)
}

func (w *waiting) remove(h core.Handle) {
	w.mu.Lock()
	delete(w.handles, h)
	w.mu.Unlock()
}

// Expect lets a plugin answer a request that this host has not seen it defer:
// for tools that give it an event again which answered one. A plugin that is not
// there expects nothing.
func (h *Host) Expect(endpoint, plugin string, handle core.Handle) {
	t := h.enter(endpoint)
	if t == nil {
		return
	}
	defer t.leave()
	if b := t.binding(plugin); b != nil {
		now := h.Now()
		b.waiting.add(handle, now, now.Add(b.Limits.ReplyTimeout))
	}
}
