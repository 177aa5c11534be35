package plugin

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

// A timer that is put off again and again takes the place of one.
func TestTimersThatAreSetAnewLeaveNothing(t *testing.T) {
	timers := newTimers(unstored{})
	start := time.UnixMilli(0)
	timers.repeat(map[string]time.Duration{"sweep": time.Minute}, start)
	set := func(name string, at int64) error { return timers.set(t.Context(), name, at, nil) }
	for i := range int64(10000) {
		if err := set("idle", 1e6+i); err != nil {
			t.Fatal(err)
		}
		if set(fmt.Sprint("once ", i), 1e6) != nil || set(fmt.Sprint("once ", i), 0) != nil {
			t.Fatal("a timer cannot be set and taken back")
		}
	}
	if n := len(timers.queue); n > 2*voidTimers {
		t.Errorf("%d places are kept for two timers", n)
	}
	for i := range MaxTimers - 1 {
		if err := set(fmt.Sprint(i), 2e6); err != nil {
			t.Fatal(err)
		}
	}
	if set("one more", 1) == nil || set("idle", 1e6) != nil {
		t.Error("the limit is not kept, or holds for a timer that is set anew")
	}
	for _, want := range []string{"sweep", "idle"} {
		due, _, ok := timers.next(start.Add(1000 * time.Second))
		if !ok || due.name != want {
			t.Errorf("got %+v, want %s", due, want)
		}
		timers.repeat(nil, start)
	}
}

// unstored forgets at once.
type unstored struct{ core.KV }

// Apply is core.KV's.
func (unstored) Apply(context.Context, []core.Write) error { return nil }

// A reload puts no timer of the manifest off whose interval stays.
func TestRepeatKeepsTheTimeOfTimers(t *testing.T) {
	start := time.UnixMilli(0)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	timers := newTimers(nil)
	timers.repeat(map[string]time.Duration{"same": 10 * time.Second, "changed": 10 * time.Second, "gone": 10 * time.Second}, at(0))
	timers.repeat(map[string]time.Duration{"same": 10 * time.Second, "changed": 4 * time.Second, "new": 15 * time.Second}, at(7))
	got := ""
	for s := 7; s <= 27; s++ {
		for {
			due, _, ok := timers.next(at(s))
			if !ok {
				break
			}
			got += fmt.Sprintf("%s %d, ", due.name, s)
		}
	}
	if want := "same 10, changed 11, changed 15, changed 19, same 20, new 22, changed 23, changed 27, "; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
