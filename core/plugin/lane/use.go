package lane

import (
	"sync"
	"sync/atomic"
	"time"
)

// use does while somebody is in the lane what helps others but would cost them
// a little all the time, until the lane has long been empty. Threads get short
// time slices: one that wakes for a packet may wake on a processor that is busy
// with what takes long, and wait there until that slice is over, though the
// lane leaves another processor idle. And where the lane stays in use, the heap
// gets more room, so that it is collected less often.
type use struct {
	on   atomic.Bool
	last atomic.Int64 // when somebody entered the lane: Unix time, ns

	mu     sync.Mutex
	room   heapRoom
	closed bool
}

const (
	// shortSlice is the least that Linux gives.
	shortSlice = 100 * time.Microsecond
	// useTick is how often the use is looked at.
	useTick = 100 * time.Millisecond
	// useTime is how long all of it lasts after the last has entered.
	useTime = time.Second
)

// entered is told that somebody enters the lane.
func (u *use) entered() {
	u.last.Store(time.Now().UnixNano())
	if u.on.Load() {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.closed && u.on.CompareAndSwap(false, true) {
		setTimeSlice(shortSlice)
		time.AfterFunc(useTick, u.look)
	}
}

// look goes on as long as the lane is used.
func (u *use) look() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return
	}
	since := time.Since(time.Unix(0, u.last.Load()))
	if since >= useTime {
		u.end()
		return
	}
	if since < useTick {
		u.room.adjust()
	}
	time.AfterFunc(useTick, u.look)
}

func (u *use) end() {
	setTimeSlice(0)
	u.room.end()
	u.on.Store(false)
}

// close leaves everything as it was.
func (u *use) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
	if u.on.Load() {
		u.end()
	}
}
