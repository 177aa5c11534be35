package local

import (
	"container/heap"
	"time"
)

// dues is a heap of topics by when they are to be looked at (container/heap).
type dues []*topic

// unplanned is the place of a topic that is not in the heap: it keeps its
// events until newer ones push them out.
const unplanned = -1

func (d dues) Len() int           { return len(d) }
func (d dues) Less(i, j int) bool { return d[i].due < d[j].due }
func (d dues) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].place, d[j].place = i, j
}

// Push takes the *topic x, for package heap.
func (d *dues) Push(x any) {
	t := x.(*topic)
	t.place = len(*d)
	*d = append(*d, t)
}

// Pop gives up the last, for package heap.
func (d *dues) Pop() any {
	n := len(*d) - 1
	t := (*d)[n]
	(*d)[n] = nil
	*d, t.place = (*d)[:n], unplanned
	return t
}

// plan sees to it that t is looked at in time. One that was planned too early
// is planned anew when its time has come.
func (h *histories) plan(t *topic) {
	due := t.nextDue()
	switch {
	case due == 0:
		if t.place != unplanned {
			heap.Remove(&h.dues, t.place)
		}
	case t.place == unplanned:
		t.due = due
		heap.Push(&h.dues, t)
	case due < t.due:
		t.due = due
		heap.Fix(&h.dues, t.place)
	}
}

// nextDue is when the oldest event grows too old, or the head is forgotten.
func (t *topic) nextDue() int64 {
	switch {
	case t.keep.Age <= 0:
		return 0
	case t.ring.n > 0:
		return t.ring.at(0).at + int64(t.keep.Age)
	}
	return t.last + int64(t.keep.Age) + int64(forgetAfter)
}

// sweepSome is how many topics are looked at under one lock: about 0.1 ms.
const sweepSome = 256

// sweep gives back the memory of what has grown too old.
func (h *histories) sweep() {
	for h.sweepDue(h.now().UnixNano()) == sweepSome {
	}
}

func (h *histories) sweepDue(now int64) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ; n < sweepSome && len(h.dues) > 0 && h.dues[0].due <= now; n++ {
		t := heap.Pop(&h.dues).(*topic)
		h.trim(t, now)
		if t.forgettable(now) && t.pins == 0 && h.archived(t) {
			h.unload(t)
			continue
		}
		// Not sooner than the next sweep: a busy topic is looked at once in it.
		t.due = max(t.nextDue(), now+int64(sweepTicks*time.Second))
		heap.Push(&h.dues, t)
	}
	return n
}

// forgettable reports that nothing is kept, nor anybody expected who had heard
// all of it.
func (t *topic) forgettable(now int64) bool {
	return t.keep.Age > 0 && t.first > t.head && now-t.last >= int64(t.keep.Age+forgetAfter)
}
