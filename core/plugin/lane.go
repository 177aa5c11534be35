package plugin

import (
	"runtime"
	"time"
)

// lane is where guests run that take long, and those of a plugin that has just
// failed. It is one processor narrower than the machine, since letting others
// run is not enough: while every processor has a guest to go on with, Go's
// scheduler looks at the network once in 10 ms, and at a processor's timers when
// that one has nothing to run. Who waits goes first come, first served.
type lane chan struct{}

const (
	// politeAfter is the age from which on an event stays in the lane: most are
	// over by then and pay nothing.
	politeAfter = 500 * time.Microsecond
	// laneTime is how long an event goes on while others wait for the lane.
	laneTime = time.Millisecond
	// shakyTime is how long a plugin's events stay in the lane after a failure:
	// each may make an instance, which is work that nothing stops.
	shakyTime = time.Second
)

func newLane() lane { return make(lane, max(1, runtime.GOMAXPROCS(0)-1)) }

// enter waits for a place in the lane, and reports whether it has got one
// within wait.
func (in *instance) enter(wait time.Duration) bool {
	if in.entered > 0 {
		return true
	}
	l := in.b.host.lane
	select {
	case l <- struct{}{}:
	default:
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case l <- struct{}{}:
		case <-timer.C:
			return false
		}
	}
	in.entered = max(in.clock(), 1)
	in.b.host.timeSlice.entered()
	return true
}

// leave gives the place to whoever waits longest, if the instance has one.
func (in *instance) leave() {
	if in.entered > 0 {
		in.entered = 0
		<-in.b.host.lane
	}
}

// isShaky reports whether the plugin has failed of late.
func (b *binding) isShaky() bool {
	until := b.shaky.Load()
	if until == 0 {
		return false
	}
	if time.Now().UnixNano() < until {
		return true
	}
	b.shaky.CompareAndSwap(until, 0)
	return false
}

// look ends a guest that is past its deadline, and keeps one that takes long in
// the lane.
func (in *instance) look() {
	now := in.clock()
	if now > in.until {
		panic(errDeadline)
	}
	if now-in.began < politeAfter || in.entered > 0 && now-in.entered < laneTime {
		return
	}
	if in.entered > 0 {
		in.leave()
		letOthersRun()
	}
	if !in.enter(in.until - now) {
		panic(errDeadline)
	}
}

// letOthersRun is for whoever has just left the lane. Where there is one
// processor only, it stays idle for a moment: see lane.
func letOthersRun() {
	if runtime.GOMAXPROCS(0) == 1 {
		time.Sleep(laneTime)
		return
	}
	runtime.Gosched()
}
