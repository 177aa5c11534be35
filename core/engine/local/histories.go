package local

import (
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
// was used the longest ago gives way: its oldest events first, then itself.
// With an archive they still lie there; without, it is read as not whole.
// Topics that nobody publishes to are not in it.
//
// Its lock comes after a lane and is held for memory alone. A topic's events
// are put under its lane, before they are delivered: a reader may see an event
// a moment before it is heard, never after.
type histories struct {
	now     func() time.Time
	limit   int64
	lanes   *lanes
	archive *archive // nil: memory only

	mu     sync.Mutex
	epochs epochs
	topics map[core.TopicKey]*topic
	used   int64
	recent topic // the list's ends: older is the newest, newer the oldest
	dues   dues
}

func newHistories(now func() time.Time, limit int64, l *lanes) *histories {
	h := &histories{now: now, limit: limit, lanes: l, epochs: newEpochs(), topics: map[core.TopicKey]*topic{}}
	h.recent.newer, h.recent.older = &h.recent, &h.recent
	return h
}

// put gives an event its place, under its lane, where there is no archive.
func (h *histories) put(ev *core.Event) {
	now := h.now().UnixNano()
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[ev.Key]
	if t == nil {
		t = newTopic(ev.Key, h.epochs.of(ev.Key))
		h.add(t)
	}
	t.pins++
	ev.Pos = core.Position{Epoch: t.epoch, Offset: t.head + 1}
	h.accept(t, ev, max(t.last, now))
	t.pins--
}

// acquire finds or makes a topic, under its lane, and pins it.
func (h *histories) acquire(k core.TopicKey) (*topic, error) {
	t, err := h.find(k)
	if t != nil || err != nil {
		return t, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	t = newTopic(k, h.epochs.of(k))
	h.add(t)
	t.pins++
	return t, nil
}

// find brings a topic into memory if it is known, under its lane, and pins it.
func (h *histories) find(k core.TopicKey) (*topic, error) {
	h.mu.Lock()
	t := h.topics[k]
	if t != nil {
		t.pins++
	}
	h.mu.Unlock()
	if t != nil || h.archive == nil {
		return t, nil
	}
	t, err := h.load(k)
	if t == nil || err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(t)
	t.pins++
	return t, nil
}

func (h *histories) release(topics ...*topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range topics {
		if t != nil {
			t.pins--
		}
	}
}

// add makes memory know t. Under mu, as all below.
func (h *histories) add(t *topic) {
	h.topics[t.key] = t
	h.used += t.bytes
	h.link(t)
	h.plan(t)
}

// accept gives an event its place in memory.
func (h *histories) accept(t *topic, ev *core.Event, at int64) {
	before := t.bytes
	t.accept(ev, at)
	h.used += t.bytes - before
	h.unlink(t)
	h.link(t)
	h.plan(t)
	h.evict()
}

func (h *histories) trim(t *topic, now int64) {
	before := t.bytes
	t.trim(now)
	if !t.gone {
		h.used += t.bytes - before
	}
}
