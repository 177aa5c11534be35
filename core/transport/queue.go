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
// gives way, or f itself where the topic's history has a place for it: the
// client gets it from there.
func (q *queue) add(f waitingFrame) {
	if f.Overflow == core.OverflowLatest && f.Topic != "" {
		if at, waits := q.latest[f.Topic]; waits && at >= q.first {
			q.dropped.replaced++
			if f.Kept && q.gap != nil {
				q.gap(f.Topic)
				return
			}
			q.remove(at)
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

// makeRoom drops a message that may be lost: the oldest, but of a topic with
// history the newest, so that the client recovers only what it has to. Replies
// and control frames are never dropped.
func (q *queue) makeRoom() bool {
	for q.kept = max(q.kept, q.first); q.kept < q.first+len(q.frames); q.kept++ {
		f := q.frames[q.kept-q.first]
		switch {
		case f.Frame == nil || f.Topic == "" || f.Overflow == core.OverflowClose:
			continue
		case f.Kept && q.gap != nil:
			q.dropNewest(f.Topic)
			q.gap(f.Topic)
		default:
			q.remove(q.kept)
			q.dropped.oldest++
		}
		return true
	}
	return false
}

// dropNewest drops the newest message that has a place in its topic's history,
// and what came behind it on the topic; there must be one.
func (q *queue) dropNewest(topic string) {
	for i := len(q.frames) - 1; ; i-- {
		f := q.frames[i]
		if f.Frame == nil || f.Topic != topic || f.Gap {
			continue
		}
		q.remove(q.first + i)
		q.dropped.oldest++
		if f.Kept {
			break
		}
	}
	for last := len(q.frames) - 1; last >= 0 && q.frames[last].Frame == nil; last-- {
		q.frames = q.frames[:last]
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
