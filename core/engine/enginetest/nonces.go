package enginetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// once spends a nonce with a timestamp that lies off the clock's time.
func (f fixture) once(t *testing.T, credential, nonce string, off time.Duration, want error) {
	t.Helper()
	err := f.Once(background, credential, nonce, f.clock.Now().Add(off))
	is(t, fmt.Sprintf("nonce %s of %s, %v off", nonce, credential, off), err, want)
}

func testNonces(t *testing.T, f fixture) {
	f.once(t, "c", "n", 0, nil)
	f.once(t, "c", "n", 0, engine.ErrSpent)
	f.once(t, "c", "n", 5*time.Second, engine.ErrSpent) // whatever the timestamp
	f.once(t, "other", "n", 0, nil)
	f.once(t, "cn", "", 0, nil)
	f.once(t, "", "cn", 0, nil)
}

func testOneOfMany(t *testing.T, f fixture) {
	for round := range 20 {
		var won, lost atomic.Int32
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				if err := f.Once(background, "c", fmt.Sprint(round), f.clock.Now()); err == nil {
					won.Add(1)
				} else {
					is(t, "a replay", err, engine.ErrSpent)
					lost.Add(1)
				}
			})
		}
		if wg.Wait(); won.Load() != 1 || lost.Load() != 31 {
			t.Fatalf("%d of 32 were accepted", won.Load())
		}
	}
}

func testNonceWindow(t *testing.T, f fixture) {
	// Before the start nothing is known, within its second all is.
	f.once(t, "c", "early", -time.Second, engine.ErrTooOld)
	f.once(t, "c", "same second", -300*time.Millisecond, nil)
	f.once(t, "c", "ahead", core.ReplayWindow, nil)
	f.once(t, "c", "too far ahead", core.ReplayWindow+2*time.Second, engine.ErrTooOld)

	f.clock.Step(5 * time.Minute)
	f.once(t, "c", "n", 0, nil)
	start := f.clock.Now()
	for off := time.Duration(0); off <= core.ReplayWindow; off += 500 * time.Millisecond {
		f.once(t, "c", "n", -off, engine.ErrSpent)
		f.clock.Step(500 * time.Millisecond)
	}
	f.clock.Step(time.Second)
	// Its second has been dropped: the same request is refused as such…
	is(t, "later", f.Once(background, "c", "n", start), engine.ErrTooOld)
	// …and the nonce is as good as new.
	f.once(t, "c", "n", 0, nil)
	f.once(t, "c", "ahead of its time", core.ReplayWindow, nil)
	f.clock.Step(2*core.ReplayWindow - time.Second)
	f.once(t, "c", "ahead of its time", 0, engine.ErrSpent)
}

// testClockBack: a clock stepped back reopens nothing.
func testClockBack(t *testing.T, f fixture) {
	f.clock.Step(time.Hour)
	f.once(t, "c", "old", 0, nil)
	f.clock.Step(3 * time.Minute)
	f.once(t, "c", "new", 0, nil) // moves the table on; "old" is forgotten
	f.clock.Step(-3 * time.Minute)
	f.once(t, "c", "old", 0, engine.ErrTooOld)
	f.clock.Step(2*time.Minute + 30*time.Second)
	f.once(t, "c", "new", 30*time.Second, engine.ErrSpent)
	f.once(t, "c", "third", 0, nil) // 30 s back lie within what is remembered
}

func testNoncesFull(t *testing.T, f fixture) {
	fill := func(credential string) (n int) {
		for ; n <= Capacity; n++ {
			if err := f.Once(background, credential, fmt.Sprint(n), f.clock.Now()); err != nil {
				is(t, "full", err, engine.ErrFull)
				return n
			}
		}
		t.Fatalf("%s spent %d nonces in a table of %d", credential, n, Capacity)
		return 0
	}
	first := fill("greedy")
	if first < Capacity/2 {
		t.Fatalf("a credential alone got %d of %d", first, Capacity)
	}
	f.once(t, "greedy", "0", 0, engine.ErrSpent) // nothing was forgotten early
	f.once(t, "greedy", "more", 0, engine.ErrFull)
	second := fill("second")
	if second < 10 || first+second > Capacity {
		t.Fatalf("two got %d and %d of %d", first, second, Capacity)
	}
	f.once(t, "third", "n", 0, nil) // a newcomer still finds room
	f.clock.Step(core.ReplayWindow)
	f.once(t, "greedy", "more", 0, engine.ErrFull)
	f.clock.Step(2 * time.Second)
	f.once(t, "greedy", "more", 0, nil)
	if again := fill("greedy"); again < first-2 {
		t.Fatalf("of %d places only %d came back", first, again)
	}
}
