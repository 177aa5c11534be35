package local

import "github.com/driplet/driplet/core"

// kept is an event in memory, with the time (unix nanoseconds) at which it was
// placed. Along a topic it never goes back.
type kept struct {
	event *core.Event
	at    int64
}

// ring is a queue of events: newest in at the end, oldest out at the front. It
// takes memory for what it holds, not for what it may hold.
type ring struct {
	slots []kept // a power of two of them
	front int
	n     int
}

// smallRing is where a ring begins, and below which it does not shrink.
const smallRing = 4

func (r *ring) at(i int) *kept { return &r.slots[(r.front+i)&(len(r.slots)-1)] }

func (r *ring) push(k kept) {
	if r.n == len(r.slots) {
		r.resize(max(smallRing, 2*r.n))
	}
	r.n++
	*r.at(r.n - 1) = k
}

// unpop puts one that is older than all others in.
func (r *ring) unpop(k kept) {
	if r.n == len(r.slots) {
		r.resize(max(smallRing, 2*r.n))
	}
	r.front = (r.front - 1) & (len(r.slots) - 1)
	r.n++
	*r.at(0) = k
}

func (r *ring) pop() kept {
	k := *r.at(0)
	*r.at(0) = kept{}
	r.front = (r.front + 1) & (len(r.slots) - 1)
	r.n--
	switch {
	case r.n == 0:
		*r = ring{}
	case len(r.slots) > smallRing && r.n <= len(r.slots)/4:
		r.resize(len(r.slots) / 2)
	}
	return k
}

func (r *ring) resize(size int) {
	slots := make([]kept, size)
	for i := range r.n {
		slots[i] = *r.at(i)
	}
	r.slots, r.front = slots, 0
}

// events are those from the i-th on, n of them.
func (r *ring) events(i, n int) []*core.Event {
	if n <= 0 {
		return nil
	}
	out := make([]*core.Event, n)
	for j := range out {
		out[j] = r.at(i + j).event
	}
	return out
}
