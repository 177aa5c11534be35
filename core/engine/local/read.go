package local

import (
	"context"

	"github.com/driplet/driplet/core"
)

// Read tells what a topic keeps, see engine.Log.
func (e *Engine) Read(ctx context.Context, k core.TopicKey, since *core.Position, limit int) (core.Past, error) {
	if err := ctx.Err(); err != nil {
		return core.Past{}, err
	}
	return e.histories.read(k, since, max(limit, 0))
}

// read takes what is in memory at one moment, and what comes before it from
// the archive. There it may meanwhile have been trimmed, or turn out to be too
// old, or damaged: then the topic is read again as not whole.
func (h *histories) read(k core.TopicKey, since *core.Position, limit int) (core.Past, error) {
	now := h.now().UnixNano()
	t, err := h.known(k)
	if err != nil {
		return core.Past{}, err
	}
	if t == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		head := core.Position{Epoch: h.epochs.of(k)}
		return core.Past{Head: head, Whole: since == nil || *since == head}, nil
	}
	defer h.release(t)
	v := h.view(t, since, limit, now)
	if v.stored == 0 {
		return v.past, nil
	}
	older := h.fetch(t, v, now)
	if since != nil && v.past.Whole && len(older) < v.stored {
		v = h.view(t, nil, limit, now)
		v.past.Whole = false
		older = h.fetch(t, v, now)
	}
	if limit == 0 {
		return v.past, nil
	}
	events := make([]*core.Event, 0, len(older)+len(v.past.Events))
	for _, k := range older {
		events = append(events, k.event)
	}
	v.past.Events = append(events, v.past.Events...)
	return v.past, nil
}

// known finds a topic and pins it. One that was never published to costs a
// look into the archive.
func (h *histories) known(k core.TopicKey) (*topic, error) {
	h.mu.Lock()
	t := h.topics[k]
	if t != nil {
		t.pins++
	}
	h.mu.Unlock()
	if t != nil || h.archive == nil || !h.archive.knows(k) {
		return t, nil
	}
	l := h.lanes.lock(k)
	defer h.lanes.unlock(k, l)
	return h.find(k)
}

// view is what is to be read of a topic, as it stands at one moment.
type view struct {
	past   core.Past // with those events that are in memory
	from   uint64    // the offset with which the answer begins
	stored int       // how many from there on are to be read from the archive
	keep   core.History
}

func (h *histories) view(t *topic, since *core.Position, limit int, now int64) view {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trim(t, now)
	v := view{past: core.Past{Head: core.Position{Epoch: t.epoch, Offset: t.head}, Whole: true}, keep: t.keep}
	n := int(t.head + 1 - t.first)
	if since != nil {
		v.past.Whole = since.Epoch == t.epoch && since.Offset <= t.head && since.Offset+1 >= t.first
	}
	resumes := since != nil && v.past.Whole
	if resumes {
		n = int(t.head - since.Offset)
		v.past.More = n > limit
		v.from = since.Offset + 1
		n = min(n, limit)
	} else {
		n = min(n, limit)
		v.from = t.head + 1 - uint64(n)
	}
	first := t.ringFirst()
	if v.from < first {
		v.stored = min(n, int(first-v.from))
		n -= v.stored
		if resumes {
			v.stored = max(v.stored, 1) // is it still there?
		}
		v.past.Events = t.ring.events(0, n)
	} else {
		v.past.Events = t.ring.events(int(v.from-first), n)
	}
	return v
}

// broughtBack is how many events one read leaves in memory at most.
const broughtBack = 1000

// fetch reads a view's part of the archive: the end of it that is whole. A
// first part of it stays in memory for the next who asks.
func (h *histories) fetch(t *topic, v view, now int64) []kept {
	if v.stored == 0 {
		return nil
	}
	found, lost := h.archive.read(t.key, v, func(at int64) bool { return v.keep.Age > 0 && now-at >= int64(v.keep.Age) })
	h.mu.Lock()
	defer h.mu.Unlock()
	if lost > 0 && lost < t.ringFirst() {
		t.first = max(t.first, lost+1)
	}
	n := len(found)
	if n == 0 || n > broughtBack || t.gone || found[n-1].event.Pos.Offset+1 != t.ringFirst() || found[0].event.Pos.Offset < t.first {
		return found
	}
	before := t.bytes
	for i := n - 1; i >= 0; i-- {
		t.ring.unpop(found[i])
		t.bytes += sizeOfEvent(found[i].event)
	}
	h.used += t.bytes - before
	h.unlink(t)
	h.link(t)
	h.plan(t)
	h.evict()
	return found
}
