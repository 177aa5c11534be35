package local

import (
	"log/slog"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core"
)

// archive is where histories outlast the process. What is kept with SyncBatch
// waits in a pending batch, which is committed when it is large, and every
// SyncInterval; what is kept with SyncAlways goes past it, see commit.go.
//
// A topic that has something in the pending batch stays in memory, so nobody
// looks for that in the store; and before anything else is written of the
// topic, the batch is.
type archive struct {
	store *store
	log   *slog.Logger
	base  string // of epochs

	flushing sync.Mutex // comes after a lane, and before histories' lock

	// Guarded by histories.
	pending   *pebble.Batch
	number    uint64 // of the pending batch
	committed uint64 // the last that was
}

func newArchive(st *store, log *slog.Logger) *archive {
	return &archive{store: st, log: log, pending: st.db.NewBatch(), number: 1}
}

// The pending batch is committed at the latest when it holds this much. It
// takes some 1 ms.
const (
	maxPendingEvents     = 1000
	maxPendingEventBytes = 256 << 10
)

func (a *archive) full() bool {
	return a.pending.Count() >= maxPendingEvents || a.pending.Len() >= maxPendingEventBytes
}

// flush commits the pending batch.
func (h *histories) flush() error {
	a := h.archive
	if a == nil {
		return nil
	}
	a.flushing.Lock()
	defer a.flushing.Unlock()
	h.mu.Lock()
	b, n := a.pending, a.number
	if b.Empty() {
		h.mu.Unlock()
		return nil
	}
	a.pending, a.number = a.store.db.NewBatch(), n+1
	h.mu.Unlock()
	err := a.store.commit(b)
	h.mu.Lock()
	a.committed = n
	h.evict()
	h.mu.Unlock()
	if err != nil {
		return err
	}
	return b.Close()
}

// settle sees to it that nothing of these topics is pending, under their lanes.
func (h *histories) settle(topics ...*topic) error {
	h.mu.Lock()
	settled := true
	for _, t := range topics {
		settled = settled && (t == nil || h.archived(t))
	}
	h.mu.Unlock()
	if settled {
		return nil
	}
	return h.flush()
}

// trimSlack is how many events may lie in the store beyond a topic's size:
// each range that is deleted costs every reader a little until it is compacted.
func trimSlack(size int) uint64 { return uint64(max(64, size/4)) }

// write adds what is to be stored of the topic's next event, under the lane.
func (a *archive) write(b *pebble.Batch, t *topic, first uint64, ev *core.Event, value []byte, at int64) error {
	s := &t.stored
	renewed := !s.known || s.keep != ev.Keep
	if renewed {
		if err := a.writeHead(b, t, head{
			epoch: t.epoch, base: a.base, offset: ev.Pos.Offset - 1, last: at, keep: ev.Keep, due: dueOf(s, ev.Keep, at),
		}); err != nil {
			return err
		}
	}
	// By another Keep what was gone until now might not be.
	if first > s.from && (renewed || first-s.from > trimSlack(ev.Keep.Size)) {
		if err := a.trim(b, t, first); err != nil {
			return err
		}
	}
	return b.Set(eventKey(t.key, ev.Pos.Offset), value, nil)
}

// dueOf is when a topic is to be looked at whose Keep becomes this one.
func dueOf(s *stored, keep core.History, at int64) int64 {
	switch due := at + int64(keep.Age); {
	case keep.Age <= 0:
		return 0
	case s.due == 0 || due < s.due:
		return due
	}
	return s.due
}

// writeHead stores a head, and when it is due.
func (a *archive) writeHead(b *pebble.Batch, t *topic, h head) error {
	s := &t.stored
	if s.due != h.due {
		if s.due != 0 {
			if err := b.Delete(dueKey(s.due, t.key), nil); err != nil {
				return err
			}
		}
		if h.due != 0 {
			if err := b.Set(dueKey(h.due, t.key), nil, nil); err != nil {
				return err
			}
		}
	}
	s.known, s.keep, s.due = true, h.keep, h.due
	return b.Set(headKey(t.key), h.append(nil), nil)
}

// trim removes what lies before first.
func (a *archive) trim(b *pebble.Batch, t *topic, first uint64) error {
	from := t.stored.from
	if first <= from {
		return nil
	}
	t.stored.from = first
	return b.DeleteRange(eventKey(t.key, from), eventKey(t.key, first), nil)
}
