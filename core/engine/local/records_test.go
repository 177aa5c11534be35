package local

import (
	"context"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

type deliver func(*core.Event)

func (d deliver) Deliver(ev *core.Event) { d(ev) }
func (deliver) Settle()                  {}

func (e *Engine) publish(ctx context.Context, hash byte) ([]engine.Placed, error) {
	o := engine.AppendOptions{Dedupe: &engine.Dedupe{Scope: "c", Key: "k", Hash: [32]byte{hash}}}
	return e.Append(ctx, []*core.Event{{Key: core.TopicKey{Endpoint: "e", Topic: "t"}}}, o)
}

// TestPanicLeavesNoRecord: those who waited for what failed place it.
func TestPanicLeavesNoRecord(t *testing.T) {
	inside, leave, calls := make(chan bool), make(chan bool), 0
	e, err := Open("", deliver(func(*core.Event) {
		if calls++; calls == 1 {
			close(inside)
			<-leave
			panic("on purpose")
		}
	}), Options{})
	must(t, err)
	defer e.Close()
	go func() {
		defer func() { _ = recover() }()
		_, _ = e.publish(background, 1)
	}()
	<-inside

	ctx, cancel := context.WithTimeout(background, time.Millisecond)
	defer cancel()
	if _, err := e.publish(ctx, 1); err != context.DeadlineExceeded {
		t.Fatalf("the one that gave up: %v", err)
	}
	waited := make(chan error)
	go func() {
		placed, err := e.publish(background, 2) // another hash: nothing is remembered
		if err == nil && placed[0].Duplicate {
			t.Error("a failure was remembered")
		}
		waited <- err
	}()
	close(leave)
	must(t, <-waited)
	if calls != 2 || e.records.used.Load() != 1 {
		t.Fatalf("%d deliveries, %d records", calls, e.records.used.Load())
	}
}

// TestRun: what was written reaches the database without anybody's doing.
func TestRun(t *testing.T) {
	e, err := Open(t.TempDir(), deaf{}, Options{})
	must(t, err)
	_, err = e.KV("n", 100).Incr(background, "k", 1, 0)
	must(t, err)
	ctx, stop := context.WithCancel(background)
	ended := make(chan bool)
	go func() { e.Run(ctx); close(ended) }()
	for end := time.Now().Add(time.Minute); keysIn(t, e.store, pairPrefix) == 0 || e.store.dirty.Load(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing was written")
		}
	}
	stop()
	<-ended
	must(t, e.Close())
}
