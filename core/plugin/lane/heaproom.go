package lane

import (
	"math"
	"runtime/debug"
	"runtime/metrics"
)

// DefaultHeapRoom is a server's: with it the heap is collected a few times a
// second beside guests that have the host allocate without end.
const DefaultHeapRoom = 64 << 20

// heapRoom lets the heap grow by some bytes more than it would before it is
// collected: idle workers of the collector take the very processor that the lane
// leaves to others. It sets the process's percentage (GOGC), and so belongs to
// whoever owns the process; a memory limit (GOMEMLIMIT) still holds. Its owner
// calls one method at a time.
type heapRoom struct {
	bytes uint64 // 0: none
	usual int    // the percentage as it was
	now   int    // as it was set; 0: as it was
}

// adjust sets the percentage for the heap as it is, if that is far from what it
// was set to: to set it stops the world for a moment.
func (r *heapRoom) adjust() {
	if r.bytes == 0 {
		return
	}
	percent, base := collected()
	if r.now == 0 {
		r.usual = percent
	} else if percent != r.now {
		return // somebody else has set it meanwhile
	}
	if r.usual < 0 {
		return // no collections at all
	}
	want := r.usual + int(min(r.bytes*100/base, math.MaxInt32/2))
	if r.now == 0 || want > r.now+r.now/4 || want < r.now-r.now/4 {
		debug.SetGCPercent(want)
		r.now = want
	}
}

// end sets it back.
func (r *heapRoom) end() {
	if percent, _ := collected(); r.now != 0 && percent == r.now {
		debug.SetGCPercent(r.usual)
	}
	r.now = 0
}

// leastHeap is what the collector takes a smaller heap for (runtime: 4 MiB at
// 100 %).
const leastHeap = 4 << 20

// collected tells the percentage by which the heap may grow, and of how many
// bytes: those that the last collection found in use.
func collected() (percent int, base uint64) {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}, {Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/globals:bytes"}, {Name: "/gc/scan/stack:bytes"}}
	metrics.Read(sample)
	percent = int(int32(sample[0].Value.Uint64())) // off is a negative one
	for _, s := range sample[1:] {
		base += s.Value.Uint64()
	}
	return percent, max(base, leastHeap)
}
