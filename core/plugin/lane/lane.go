// Package lane keeps a processor for everybody else while some work takes
// long: what takes long goes on in a lane that is one processor narrower than
// the machine. It knows nothing of what that work is.
//
// Letting others run (runtime.Gosched) is not enough. While every processor has
// something to go on with, Go's scheduler looks at the network once in 10 ms,
// and at a processor's timers when that one has nothing to run.
package lane

import (
	"runtime"
	"time"
)

// Lane has its places for who takes long. Any goroutine may call its methods.
type Lane struct {
	places chan struct{}
	use    use
}

// Turn is how long somebody goes on in the lane while others wait for it.
const Turn = time.Millisecond

// New returns an empty lane. While it is used, the process's heap may grow by
// so many bytes more between two collections, see DefaultHeapRoom; 0: none.
func New(heapRoom int64) *Lane {
	l := &Lane{places: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))}
	l.use.room.bytes = uint64(max(heapRoom, 0))
	return l
}

// Enter waits for a place, first come, first served, and reports whether one
// came free within wait. Who gets it calls Leave.
func (l *Lane) Enter(wait time.Duration) bool {
	select {
	case l.places <- struct{}{}:
	default:
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case l.places <- struct{}{}:
		case <-timer.C:
			return false
		}
	}
	l.use.entered()
	return true
}

// Leave gives the place to whoever waits longest.
func (l *Lane) Leave() { <-l.places }

// Taken is how many are in the lane.
func (l *Lane) Taken() int { return len(l.places) }

// Close leaves the process as it was before the lane was used.
func (l *Lane) Close() { l.use.close() }

// LetOthersRun is for whoever has just left the lane. Where there is one
// processor only, it stays idle for a moment.
func LetOthersRun() {
	if runtime.GOMAXPROCS(0) == 1 {
		time.Sleep(Turn)
		return
	}
	runtime.Gosched()
}
