package plugin

import (
	"sync/atomic"
	"time"
)

// timeSlice has the kernel go quickly from one thread of the process to the next
// while guests are in the lane. A thread that wakes for a packet may wake on the
// processor of a guest, and wait there until the guest's time slice is over,
// though the lane leaves another processor idle. Short slices cost others a
// little, so they are the usual ones again when the lane has long been empty.
type timeSlice struct {
	short atomic.Bool
	last  atomic.Int64 // when somebody entered the lane: Unix time, ns
}

const (
	// shortSlice is the least that Linux gives.
	shortSlice = 100 * time.Microsecond
	// slicesFor is how long slices stay short after the last has entered.
	slicesFor = time.Second
)

// entered is told that somebody enters the lane.
func (s *timeSlice) entered() {
	s.last.Store(time.Now().UnixNano())
	if !s.short.Load() && s.short.CompareAndSwap(false, true) {
		setTimeSlice(shortSlice)
		time.AfterFunc(slicesFor, s.look)
	}
}

// look ends what nobody needs any more.
func (s *timeSlice) look() {
	if left := slicesFor - time.Since(time.Unix(0, s.last.Load())); left > 0 {
		time.AfterFunc(left, s.look)
		return
	}
	setTimeSlice(0)
	s.short.Store(false)
}
