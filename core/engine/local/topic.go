package local

import (
	"unsafe"

	"github.com/driplet/driplet/core"
)

// topic is what memory holds of one topic. Guarded by histories, but for
// stored.
type topic struct {
	key   core.TopicKey
	epoch string
	head  uint64 // the last offset given
	first uint64 // the lowest that is kept, in memory or stored; of what is stored some may be too old
	keep  core.History
	ring  ring  // offsets head-ring.n+1 to head
	last  int64 // time of the newest event, kept or not
	bytes int64 // counted for it, events and itself

	newer, older *topic // in the list by last use
	due          int64  // memory holds nothing that is too old before; 0: not planned
	place        int    // in the heap by due
	gone         bool   // from memory: only who pinned it still has it
	pins         int    // who needs it to stay in memory
	batch        uint64 // the pending batch that tells of it last

	stored stored // guarded by the lane
}

// stored is what lies on the disk of a topic.
type stored struct {
	from  uint64 // no lower offset lies there
	next  uint64 // offset, while a batch is staged
	first uint64 // the topic's, as of then
	known bool   // a head does, which says keep and due, and its epoch is this one
	keep  core.History
	due   int64
}

// What a topic and an event take beside their texts.
const (
	topicBytes = 400
	eventBytes = int64(unsafe.Sizeof(core.Event{}) + 2*unsafe.Sizeof(kept{}))
)

func newTopic(k core.TopicKey, epoch string) *topic {
	return &topic{
		key: k, epoch: epoch, first: 1, place: unplanned, stored: stored{from: 1},
		bytes: topicBytes + int64(len(k.Endpoint)+len(k.Topic)),
	}
}

func sizeOfEvent(ev *core.Event) int64 {
	n := eventBytes + int64(cap(ev.Data)+len(ev.Name)+len(ev.Except)+len(ev.From)+len(ev.Key.Topic))
	if t := ev.Target; t != nil {
		// Conditions repeat what was sent, with a header for each text.
		n += 4 * int64(cap(t.Raw))
	}
	return n
}

// ringFirst is the offset of the oldest event in memory.
func (t *topic) ringFirst() uint64 { return t.head + 1 - uint64(t.ring.n) }

// accept takes the next event, which has its position, as placed at a time.
// Its Keep counts for all that is kept; what is gone does not come back.
func (t *topic) accept(ev *core.Event, at int64) {
	if t.keep != ev.Keep {
		t.trim(at)
		t.keep = ev.Keep
	}
	t.head, t.last = ev.Pos.Offset, at
	t.ring.push(kept{ev, at})
	t.bytes += sizeOfEvent(ev)
	t.trim(at)
}

// trim drops what is kept no longer.
func (t *topic) trim(now int64) {
	if size := uint64(t.keep.Size); t.head+1-t.first > size {
		t.first = t.head + 1 - size
	}
	if t.over(t.last, now) {
		t.first = t.head + 1
	}
	for t.ring.n > 0 && (t.ringFirst() < t.first || t.over(t.ring.at(0).at, now)) {
		t.drop()
		t.first = max(t.first, t.ringFirst())
	}
}

// over reports whether an event placed at a time is too old now.
func (t *topic) over(at, now int64) bool { return t.keep.Age > 0 && now-at >= int64(t.keep.Age) }

// drop takes the oldest event out of memory.
func (t *topic) drop() { t.bytes -= sizeOfEvent(t.ring.pop().event) }
