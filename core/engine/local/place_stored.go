package local

import (
	"slices"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// archived reports that some of the events are to be stored.
func (e *Engine) archived(events []*core.Event) bool {
	return e.histories.archive != nil && keepsAny(events)
}

// placeStored places events of which some outlast the process.
func (e *Engine) placeStored(events []*core.Event, d *engine.Dedupe, filtered []engine.Placed) error {
	if !slices.ContainsFunc(events, always) {
		placed, err := e.placePending(events)
		if placed || err != nil {
			return err
		}
	}
	return e.committer.place(e, &request{events: events, record: newRecordToStore(d, filtered, e.now())})
}

func always(ev *core.Event) bool { return ev.Keep.Size > 0 && ev.Keep.Sync == core.SyncAlways }

// placePending stores events in the pending batch. It does nothing where a
// topic was kept with SyncAlways until now: the store must know before the
// first event may be lost.
func (e *Engine) placePending(events []*core.Event) (placed bool, err error) {
	h := e.histories
	if placed, err = e.putPending(events); !placed || err != nil {
		return placed, err
	}
	e.deliver.Settle()
	h.mu.Lock()
	full := h.archive.full()
	h.mu.Unlock()
	if full {
		err = h.flush() // a failure is the store's, which ends the process: these are placed
	}
	return true, err
}

func (e *Engine) putPending(events []*core.Event) (placed bool, err error) {
	defer e.lanes.lockAll(events)()
	h := e.histories
	topics, err := h.acquireAll(events)
	defer h.release(topics...)
	if err != nil {
		return false, err
	}
	for _, t := range topics {
		if t != nil && t.stored.known && t.stored.keep.Sync == core.SyncAlways {
			return false, nil
		}
	}
	var value []byte
	for i, ev := range events {
		ev.Pos = core.Position{}
		if topics[i] != nil {
			if value, err = h.putPending(topics[i], ev, value[:0]); err != nil {
				return false, err
			}
		}
		e.deliver.Deliver(ev)
	}
	return true, nil
}

// putPending gives one event its place, in memory and in the pending batch.
func (h *histories) putPending(t *topic, ev *core.Event, space []byte) (value []byte, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := max(t.last, h.now().UnixNano())
	ev.Pos = core.Position{Epoch: t.epoch, Offset: t.head + 1}
	value = appendEvent(space, ev, at)
	if err := h.archive.write(h.archive.pending, t, t.first, ev, value, at); err != nil {
		return value, err
	}
	t.batch = h.archive.number
	h.accept(t, ev, at)
	return value, nil
}

// acquireAll is acquire for each event that is kept, and nil for the others.
// What it returns is to be released, also after an error.
func (h *histories) acquireAll(events []*core.Event) (topics []*topic, err error) {
	topics = make([]*topic, len(events))
	for i, ev := range events {
		if ev.Keep.Size <= 0 {
			continue
		}
		t, err := h.acquire(ev.Key)
		if err != nil {
			return topics, err
		}
		topics[i] = t
		if err := h.reage(t, ev.Keep); err != nil {
			return topics, err
		}
	}
	return topics, nil
}

// reage lets what is too old by the Keep that counted until now be gone, also
// where it is only stored.
func (h *histories) reage(t *topic, keep core.History) error {
	h.mu.Lock()
	same := t.keep == keep
	if !same {
		h.trim(t, h.now().UnixNano())
		same = t.keep.Age == keep.Age || t.first >= t.ringFirst()
	}
	h.mu.Unlock()
	if same {
		return nil
	}
	if err := h.settle(t); err != nil {
		return err
	}
	_, _, err := h.age(t, h.now().UnixNano())
	return err
}
