package local

import (
	"container/heap"
	"sync"
	"time"

	"github.com/driplet/driplet/core"
)

// DefaultHistoryBytes bounds what all topics keep in memory together: a
// publisher chooses topics' names, so their number is nobody's choice.
const DefaultHistoryBytes = 256 << 20

// forgetAfter is how long the head of a topic is remembered when its last
// event has grown too old. Meanwhile whoever had heard everything resumes.
const forgetAfter = time.Hour

// histories is what topics keep. When it takes more than limit, the topic that
// was published to the longest ago loses its oldest events first, and its head
// when it has no more: it is then read as not whole. Topics that are only read
// are not in it.
//
// Its lock comes after a lane and is held for memory alone. A topic's events
// are put under its lane, before they are delivered: a reader may see an event
// a moment before it is heard, never after.
type histories struct {
	now   func() time.Time
	limit int64

	mu     sync.Mutex
	epochs epochs
	topics map[core.TopicKey]*topic
	used   int64
	recent topic // the list's ends: older is the newest, newer the oldest
	dues   dues
}

func newHistories(now func() time.Time, limit int64) *histories {
	h := &histories{now: now, limit: limit, epochs: newEpochs(), topics: map[core.TopicKey]*topic{}}
	h.recent.newer, h.recent.older = &h.recent, &h.recent
	return h
}

// put gives an event its place, under its lane.
func (h *histories) put(ev *core.Event) {
	now := h.now().UnixNano()
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[ev.Key]
	if t == nil {
		t = &topic{key: ev.Key, epoch: h.epochs.of(ev.Key), bytes: topicBytes + int64(len(ev.Key.Topic)), place: unplanned}
		h.topics[t.key] = t
		h.used += t.bytes
	} else {
		h.unlink(t)
	}
	h.used += t.put(ev, now)
	h.link(t)
	h.plan(t, now)
	h.evict(t)
}

// read tells what a topic keeps, see engine.Log.
func (h *histories) read(k core.TopicKey, since *core.Position, limit int) core.Past {
	now := h.now().UnixNano()
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[k]
	if t == nil {
		head := core.Position{Epoch: h.epochs.of(k)}
		return core.Past{Head: head, Whole: since == nil || *since == head}
	}
	before := t.bytes
	past := t.read(since, limit, now)
	h.used += t.bytes - before
	return past
}

// link makes t the topic that was published to last.
func (h *histories) link(t *topic) {
	t.newer, t.older = &h.recent, h.recent.older
	t.older.newer, h.recent.older = t, t
}

func (h *histories) unlink(t *topic) { t.newer.older, t.older.newer = t.older, t.newer }

// evict makes room. The topic that was just published to keeps its head.
func (h *histories) evict(current *topic) {
	for h.used > h.limit {
		t := h.recent.newer
		before := t.bytes
		if t.ring.n > 0 {
			t.drop()
			h.used += t.bytes - before
		} else if t != current {
			h.forget(t)
		} else {
			return
		}
	}
}

// forget removes a topic, head and all.
func (h *histories) forget(t *topic) {
	h.epochs.forget(t.key)
	h.unlink(t)
	if t.place != unplanned {
		heap.Remove(&h.dues, t.place)
	}
	h.used -= t.bytes
	delete(h.topics, t.key)
}
