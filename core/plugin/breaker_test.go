package plugin

import (
	"testing"
	"time"
)

func TestBreaker(t *testing.T) {
	now := time.Unix(1000, 0)
	var br breaker
	for i := range 4 {
		if br.fail(now.Add(time.Duration(i)*3*time.Second)) != 0 {
			t.Fatal("opened early")
		}
	}
	// The fifth is 12 s after the first.
	if br.fail(now.Add(12*time.Second)) != 0 {
		t.Fatal("opened by failures further apart than the window")
	}
	now = now.Add(13 * time.Second)
	want := breakerPause
	if got := br.fail(now); got != want {
		t.Fatalf("paused for %v, want %v", got, want)
	}
	for range 8 {
		if _, open := br.open(now.Add(want - 1)); !open {
			t.Fatal("closed early")
		}
		if now = now.Add(want); br.fail(now) != 0 {
			t.Fatal("one failure after the pause opened it")
		}
		if _, open := br.open(now); open {
			t.Fatal("still open")
		}
		for range 3 {
			br.fail(now)
		}
		want = min(2*want, breakerMaxPause)
		if got := br.fail(now); got != want {
			t.Fatalf("paused for %v, want %v", got, want)
		}
	}
	// Quiet for longer than the window: it begins anew.
	now = now.Add(want + breakerWindow + time.Second)
	for range 4 {
		br.fail(now)
	}
	if got := br.fail(now); got != breakerPause {
		t.Fatalf("paused for %v after a quiet time, want %v", got, breakerPause)
	}
}
