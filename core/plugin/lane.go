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
	// maxRest bounds how long a failure keeps its place empty.
	maxRest = DefaultDeadline
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
	in.b.host.laneUse.entered()
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

// rest is how long the place of an instance stays empty that has failed after so
// long. Where one failure comes soon after another, each holds its place as long
// as it might have run, so that a guest which traps at once brings no more of
// them than one which goes on for ever: an instance made anew, the stack of a
// deep recursion and the words for a failure are all left to the collector.
func (b *binding) rest(took time.Duration) time.Duration {
	if !b.isShaky() {
		return 0
	}
	return min(b.Limits.Deadline, maxRest) - took
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
