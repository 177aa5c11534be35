package plugin

import (
	"time"

	"github.com/driplet/driplet/core/plugin/lane"
)

// Guests that take long run in the host's lane, and those of a plugin that has
// just failed.
const (
	// politeAfter is the age from which on an event stays in the lane: most are
	// over by then and pay nothing.
	politeAfter = 500 * time.Microsecond
	// shakyTime is how long a plugin's events stay in the lane after a failure:
	// each may make an instance, which is work that nothing stops.
	shakyTime = time.Second
	// maxRest bounds how long a failure keeps its place empty.
	maxRest = DefaultDeadline
)

// enter waits for a place in the lane, and reports whether it has got one
// within wait.
func (in *instance) enter(wait time.Duration) bool {
	if in.entered > 0 {
		return true
	}
	if !in.b.host.lane.Enter(wait) {
		return false
	}
	in.entered = max(in.clock(), 1)
	return true
}

// leave gives the instance's place back, if it has one.
func (in *instance) leave() {
	if in.entered > 0 {
		in.entered = 0
		in.b.host.lane.Leave()
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

// look ends a guest that is past its deadline, keeps one that takes long in the
// lane, and tells how much time it has left.
func (in *instance) look() (left time.Duration) {
	now := in.clock()
	if now > in.until {
		panic(errDeadline)
	}
	if now-in.began < politeAfter || in.entered > 0 && now-in.entered < lane.Turn {
		return in.until - now
	}
	if in.entered > 0 {
		in.leave()
		lane.LetOthersRun()
	}
	if !in.enter(in.until - now) {
		panic(errDeadline)
	}
	return in.until - in.clock()
}
