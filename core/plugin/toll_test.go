package plugin

import (
	"testing"
	"time"
)

func TestToll(t *testing.T) {
	var bill toll
	now := time.Unix(1000, 0)
	pay := func(n int, want time.Duration) {
		t.Helper()
		if got := max(0, bill.pay(n, now.UnixNano())); got != want {
			t.Errorf("%d bytes: wait %v, want %v", n, got, want)
		}
	}
	const second = tollRate
	pay(tollBurst, 0)
	pay(second/64, 15625*time.Microsecond)
	pay(second/64, 31250*time.Microsecond)
	now = now.Add(31250 * time.Microsecond)
	pay(second/64, 15625*time.Microsecond)
	now = now.Add(time.Minute)
	pay(tollBurst, 0)
	pay(second*60, tollTime(tollBurst)) // no more is owed, however much it was
	now = now.Add(2 * tollTime(tollBurst))
	pay(tollBurst, 0)
}

// Who waits does so within his deadline, and out of the lane.
func TestTakesEndsAtTheDeadline(t *testing.T) {
	h := NewHost(Options{})
	in := &instance{b: &binding{seat: &seat{host: h}}, made: time.Now()}
	in.begin(time.Second)
	in.takes(tollBurst)
	if !in.enter(0) {
		t.Fatal("the lane is not free")
	}
	in.began, in.until = 0, in.clock()+time.Millisecond
	defer func() {
		if err := recover(); err != errDeadline {
			t.Errorf("it ended with %v", err)
		}
		if h.lane.Taken() != 0 {
			t.Error("it waits in the lane")
		}
	}()
	in.takes(tollBurst)
	t.Error("it went on")
}
