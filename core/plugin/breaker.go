package plugin

import (
	"sync"
	"sync/atomic"
	"time"
)

// breaker pauses a plugin on an endpoint that fails again and again, so that
// its callers get an answer at once. Times are the caller's.
type breaker struct {
	tripped  atomic.Bool // since its first opening: before, nobody needs to look
	mu       sync.Mutex
	failures [breakerFailures]time.Time // a ring of the last ones
	next     int
	until    time.Time
	pause    time.Duration // of the last opening
}

// open reports whether the plugin is paused, and for how long still.
func (br *breaker) open(now time.Time) (time.Duration, bool) {
	br.mu.Lock()
	defer br.mu.Unlock()
	left := br.until.Sub(now)
	return left, left > 0
}

// fail counts a failure and reports the pause that it brings about, if any.
// The pause doubles as long as failures go on; a window of quiet after it
// begins anew.
func (br *breaker) fail(now time.Time) (pause time.Duration) {
	br.mu.Lock()
	defer br.mu.Unlock()
	br.failures[br.next] = now
	br.next = (br.next + 1) % breakerFailures
	oldest := br.failures[br.next]
	if now.Before(br.until) || oldest.IsZero() || now.Sub(oldest) > breakerWindow {
		return 0
	}
	if br.pause == 0 || now.Sub(br.until) > breakerWindow {
		br.pause = breakerPause
	} else {
		br.pause = min(2*br.pause, breakerMaxPause)
	}
	br.until = now.Add(br.pause)
	br.tripped.Store(true)
	br.failures = [breakerFailures]time.Time{}
	return br.pause
}
