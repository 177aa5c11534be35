package plugin

import (
	"sync/atomic"
	"time"
)

// toll makes a plugin wait for what the host has to do for it later: collecting
// what was allocated for its events, compacting what they wrote. Collections and
// compactions run on the processor that the lane leaves to others. Bytes are paid
// for at a rate, those of a while in advance.
type toll struct {
	until atomic.Int64 // when all is paid: Unix time, ns
}

const (
	// freeBytes an event owes nothing for: few take more.
	freeBytes = 1 << 20
	// tollUnit is what is paid for at a time.
	tollUnit = 256 << 10
	// tollRate is paid for in a second, tollBurst at once.
	tollRate  = 64 << 20
	tollBurst = 8 << 20
	// storeBytes is what a key costs that is written at once, beside its own:
	// some us of compactions.
	storeBytes = 4 << 10
)

// tollTime is how long it takes to pay for n bytes.
func tollTime(n int) time.Duration { return time.Duration(n) * time.Second / tollRate }

// pay tells how long to wait for n bytes.
func (t *toll) pay(n int, now int64) time.Duration {
	burst := int64(tollTime(tollBurst))
	for {
		old := t.until.Load()
		// Who is stopped while he waits owes nothing for ever.
		until := min(max(old, now)+int64(tollTime(n)), now+2*burst)
		if t.until.CompareAndSwap(old, until) {
			return time.Duration(until - now - burst)
		}
	}
}

// takes is told of n bytes that the host has allocated for the event. It may
// wait, and ends a guest that is past its deadline.
func (in *instance) takes(n int) {
	if in.taken += n; in.taken < tollUnit {
		return
	}
	n, in.taken = in.taken, 0
	wait := in.b.toll.pay(n, time.Now().UnixNano())
	if wait <= 0 {
		return
	}
	in.leave()
	time.Sleep(min(wait, in.until-in.clock()))
	in.look()
}
