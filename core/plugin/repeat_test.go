package plugin

import (
	"fmt"
	"testing"
	"time"
)

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
