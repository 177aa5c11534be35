package transport

import (
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
)

// queue holds the frames that wait for a slow connection, oldest first. The
// frames are shared with every other connection: waiting costs a pointer. All
// of it runs in the drain, so nothing here walks the whole queue twice: a
// frame that is dropped leaves a hole, and places are counted from the first
// frame that ever waited.
type queue struct {
	frames   []waitingFrame // without a frame: a hole
	first    int            // place of frames[0]
	latest   map[string]int // topic: place of its one waiting frame
	kept     int            // no frame before this place may be dropped
	waiting  int            // frames without the holes
	size     int            // their bytes
	replaced int            // by newer ones of their topic, since takeReplaced
}

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
			q.remove(at)
			q.replaced++
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
			return true
		}
	}
	return false
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

func (q *queue) takeReplaced() int {
	n := q.replaced
	q.replaced = 0
	return n
}
