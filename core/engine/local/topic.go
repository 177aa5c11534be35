package local

import (
	"unsafe"

	"github.com/driplet/driplet/core"
)

// topic is what one topic keeps in memory. Guarded by histories.
type topic struct {
	key   core.TopicKey
	epoch string
	head  uint64 // the last offset given
	keep  core.History
	ring  ring  // offsets head-ring.n+1 to head
	last  int64 // time of the newest event, kept or not
	bytes int64 // counted for it, events and itself

	newer, older *topic // in the list by last publish
	due          int64  // no event grows too old, and it is not forgotten, before; 0: not planned
	place        int    // in the heap by due
}

// What a topic and an event take beside their texts.
const (
	topicBytes = 400
	eventBytes = int64(unsafe.Sizeof(core.Event{}) + 2*unsafe.Sizeof(kept{}))
)

func sizeOfEvent(ev *core.Event) int64 {
	n := eventBytes + int64(cap(ev.Data)+len(ev.Name)+len(ev.Except)+len(ev.From)+len(ev.Key.Topic))
	if t := ev.Target; t != nil {
		// Conditions repeat what was sent, with a header for each text.
		n += 4 * int64(cap(t.Raw))
	}
	return n
}

// put places an event, now, as the topic's newest. It reports by how much the
// topic grew.
func (t *topic) put(ev *core.Event, now int64) (grown int64) {
	before := t.bytes
	t.last = max(t.last, now)
	if t.keep != ev.Keep {
		t.trim(t.last) // what is gone does not come back
		t.keep = ev.Keep
	}
	t.head++
	ev.Pos = core.Position{Epoch: t.epoch, Offset: t.head}
	t.ring.push(kept{ev, t.last})
	t.bytes += sizeOfEvent(ev)
	t.trim(t.last)
	return t.bytes - before
}

// trim drops what is kept no longer.
func (t *topic) trim(now int64) {
	for t.ring.n > 0 && (t.ring.n > t.keep.Size || t.over(t.ring.at(0).at, now)) {
		t.drop()
	}
}

// over reports whether an event placed at a time is too old now.
func (t *topic) over(at, now int64) bool { return t.keep.Age > 0 && now-at >= int64(t.keep.Age) }

func (t *topic) drop() { t.bytes -= sizeOfEvent(t.ring.pop().event) }

// read is engine.Log's Read of what is in memory.
func (t *topic) read(since *core.Position, limit int, now int64) core.Past {
	t.trim(now)
	first := t.head - uint64(t.ring.n) + 1
	past := core.Past{Head: core.Position{Epoch: t.epoch, Offset: t.head}, Whole: true}
	limit = max(limit, 0)
	if since != nil {
		from := since.Offset + 1
		if past.Whole = since.Epoch == t.epoch && since.Offset <= t.head && from >= first; past.Whole {
			n := int(t.head - since.Offset)
			past.More = n > limit
			past.Events = t.ring.events(int(from-first), min(n, limit))
			return past
		}
	}
	n := min(t.ring.n, limit)
	past.Events = t.ring.events(t.ring.n-n, n)
	return past
}
