package transport

import (
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
)

// queue holds the frames that wait for a slow connection, oldest first. The
// frames are shared with every other connection: waiting costs a pointer. All
// of it runs in the drain, so nothing here walks the whole queue twice, but for
// a topic's gap: a frame that is dropped leaves a hole, and places are counted from the first
// frame that ever waited.
type queue struct {
	frames  []waitingFrame // without a frame: a hole
	first   int            // place of frames[0]
	latest  map[string]int // topic: place of its one waiting frame
	kept    int            // no frame before this place may be dropped
	waiting int            // frames without the holes
	size    int            // their bytes
	dropped dropped        // since takeDropped

	// gap is told of a topic whose history has a place for a message that was
	// dropped; nil: there is no way to tell the client.
	gap func(topic string)
}

// dropped counts messages by the policy of their topic.
type dropped struct{ oldest, replaced int }

// waitingFrame is a frame and its bytes as this connection gets them.
type waitingFrame struct {
	*hub.Frame
	bytes []byte
}

// bytes is the size of what waits; a nil queue is empty.
func (q *queue) bytes() int {
	if q == nil {
		return 0
	}
	return q.size
}

// waits reports whether a frame waits.
func (q *queue) waits() bool { return q != nil && q.waiting > 0 }

// add appends f. Of a topic that keeps only its latest, the one that waits
// gives way.
func (q *queue) add(f waitingFrame) {
	if f.Overflow == core.OverflowLatest && f.Topic != "" {
		if at, waits := q.latest[f.Topic]; waits && at >= q.first {
			kept := q.frames[at-q.first].Kept
			q.remove(at)
			q.dropped.replaced++
			if kept && q.gap != nil {
				q.gap(f.Topic)
				q.dropped.replaced++
				return
			}
		}
		if q.latest == nil {
			q.latest = map[string]int{}
		}
		q.latest[f.Topic] = q.first + len(q.frames)
	}
	q.frames = append(q.frames, f)
	q.waiting++
	q.size += len(f.bytes)
}

// dropOldest drops the oldest message that may be lost. Replies and control
// frames never are.
func (q *queue) dropOldest() bool {
	for q.kept = max(q.kept, q.first); q.kept < q.first+len(q.frames); q.kept++ {
		if f := q.frames[q.kept-q.first]; f.Frame != nil && f.Topic != "" && f.Overflow != core.OverflowClose {
			q.remove(q.kept)
			q.dropped.oldest++
			if f.Kept && q.gap != nil {
				q.gap(f.Topic)
				q.dropTopic(f.Topic)
			}
			return true
		}
	}
	return false
}

// dropTopic drops the messages of a topic that has a gap before them: the
// client gets them again when it has closed the gap.
func (q *queue) dropTopic(topic string) {
	for place := q.kept; place < q.first+len(q.frames); place++ {
		if f := q.frames[place-q.first]; f.Frame != nil && f.Topic == topic && !f.Gap {
			q.remove(place)
			q.dropped.oldest++
		}
	}
}

// take removes the oldest frame; there must be one.
func (q *queue) take() waitingFrame {
	for q.frames[0].Frame == nil {
		q.frames = q.frames[1:]
		q.first++
	}
	f := q.frames[0]
	q.remove(q.first)
	return f
}

func (q *queue) remove(place int) {
	i := place - q.first
	f := q.frames[i]
	if f.Frame == nil {
		return
	}
	q.frames[i] = waitingFrame{}
	q.waiting--
	q.size -= len(f.bytes)
	if f.Overflow == core.OverflowLatest && q.latest[f.Topic] == place {
		delete(q.latest, f.Topic)
	}
}

func (q *queue) takeDropped() dropped {
	n := q.dropped
	q.dropped = dropped{}
	return n
}
