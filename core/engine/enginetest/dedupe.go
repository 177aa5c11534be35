package enginetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

func (f fixture) publish(ctx context.Context, scope, key string, hash byte) (duplicate bool, err error) {
	o := engine.AppendOptions{Dedupe: &engine.Dedupe{Scope: scope, Key: key, Hash: [32]byte{hash}}}
	placed, err := f.Append(ctx, []*core.Event{event("t", key), event("u", key)}, o)
	if err != nil {
		return false, err
	}
	if len(placed) != 2 || placed[0].Duplicate != placed[1].Duplicate {
		return false, fmt.Errorf("two events were placed as %v", placed)
	}
	return placed[0].Duplicate, nil
}

// want publishes and compares what comes of it.
func (f fixture) want(t *testing.T, scope, key string, hash byte, duplicate bool, want error) {
	t.Helper()
	got, err := f.publish(background, scope, key, hash)
	if is(t, key, err, want); got != duplicate {
		t.Fatalf("%s of %s: duplicate is %v, want %v", key, scope, got, duplicate)
	}
}

// placed counts what publish brought to the Deliverer. It is asked once.
func (f fixture) placed(t *testing.T, want int) {
	t.Helper()
	if on, and := len(f.heardOn(t, "t")), len(f.heardOn(t, "u")); on != want || and != want {
		t.Fatalf("%d and %d events were heard, want %d", on, and, want)
	}
}

func testDedupe(t *testing.T, f fixture) {
	f.want(t, "c", "k", 1, false, nil)
	f.want(t, "c", "k", 1, true, nil)
	f.want(t, "c", "k", 1, true, nil)
	f.want(t, "c", "k", 2, false, engine.ErrConflict)
	f.want(t, "other", "k", 2, false, nil) // another credential's keys
	f.want(t, "ck", "", 1, false, nil)     // nor do they run together
	f.want(t, "", "ck", 1, false, nil)
	f.placed(t, 4)
}

// testInFlight: who asks while the first is placing waits and gets its answer.
func testInFlight(t *testing.T, f fixture) {
	inside, leave := make(chan bool), make(chan bool)
	var once sync.Once
	f.heard.during = func(*core.Event) {
		once.Do(func() { close(inside); <-leave })
	}
	var fresh, repeated, conflicts atomic.Int32
	var wg sync.WaitGroup
	publish := func(hash byte) {
		switch duplicate, err := f.publish(background, "c", "k", hash); {
		case err == nil && duplicate:
			repeated.Add(1)
		case err == nil:
			fresh.Add(1)
		default:
			is(t, "while in flight", err, engine.ErrConflict)
			conflicts.Add(1)
		}
	}
	wg.Go(func() { publish(1) })
	<-inside
	for i := range 12 {
		wg.Go(func() { publish(1 + byte(i%3/2)) })
	}
	ctx, cancel := context.WithCancel(background)
	wg.Go(func() {
		if duplicate, err := f.publish(ctx, "c", "k", 1); err == nil && !duplicate {
			t.Error("the one that gave up placed")
		} else if err != nil {
			is(t, "the one that gave up", err, context.Canceled)
		}
		close(leave) // the others only then
	})
	cancel()
	wg.Wait()
	if fresh.Load() != 1 || repeated.Load() != 8 || conflicts.Load() != 4 {
		t.Fatalf("%d placed, %d duplicates, %d conflicts; want 1, 8, 4", fresh.Load(), repeated.Load(), conflicts.Load())
	}
	f.placed(t, 1)
}

// testFailures: a failure leaves no record.
func testFailures(t *testing.T, f fixture) {
	done, cancel := context.WithCancel(background)
	cancel()
	_, err := f.publish(done, "c", "k", 1)
	is(t, "done", err, context.Canceled)
	f.want(t, "c", "k", 2, false, nil) // another hash: the first left nothing
	f.placed(t, 1)
}

func testWindow(t *testing.T, f fixture) {
	f.want(t, "c", "k", 1, false, nil)
	f.clock.Step(engine.DedupeWindow)
	f.want(t, "c", "k", 1, true, nil)
	f.clock.Step(2 * time.Second)
	f.want(t, "c", "k", 2, false, nil)
	f.clock.Step(-time.Hour) // back: nothing is forgotten, nothing opens
	f.want(t, "c", "k", 2, true, nil)
}

func testRecordsFull(t *testing.T, f fixture) {
	n := 0
	for ; n <= Capacity; n++ {
		if _, err := f.publish(background, "greedy", fmt.Sprint(n), 1); err != nil {
			is(t, "full", err, engine.ErrFull)
			break
		}
	}
	if n < Capacity/2 || n >= Capacity {
		t.Fatalf("one credential got %d records of %d: it should get most, and leave some", n, Capacity)
	}
	f.want(t, "greedy", "0", 1, true, nil) // nothing was forgotten
	f.want(t, "greedy", "0", 2, false, engine.ErrConflict)
	f.want(t, "modest", "0", 1, false, nil)
	f.clock.Step(engine.DedupeWindow + 2*time.Second)
	f.want(t, "greedy", "new", 1, false, nil)
	f.placed(t, n+2)
}
