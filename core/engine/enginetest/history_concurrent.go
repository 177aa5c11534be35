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

// on lists what was heard on a topic from the i-th event of all on.
func (l *listener) on(topic string, i int) (events []*core.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ev := range l.events[i:] {
		if ev.Key.Topic == topic {
			events = append(events, ev)
		}
	}
	return events
}

func (l *listener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.events)
}

// testHistoryConcurrent: while many publish, readers do what a subscribe does:
// they hold from a moment on, read, and go on with what was held beyond the
// head. Everybody sees each event once, in order.
func testHistoryConcurrent(t *testing.T, f fixture) {
	const writers, each, readers, topics = 6, 120, 4, 3
	var writing atomic.Int32
	writing.Store(writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			defer writing.Add(-1)
			for i := range each {
				batch := []*core.Event{event(fmt.Sprint("t", i%topics), "x")}
				if i%5 > 0 {
					batch[0].Keep = core.History{Size: writers * each, Age: time.Hour, Sync: core.Sync(w % 2)}
				}
				if i%7 == 0 {
					batch = append(batch, kept(fmt.Sprint("t", (i+1)%topics), "y", core.History{Size: writers * each}))
				}
				if _, err := f.Append(background, batch, engine.AppendOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range readers {
		wg.Go(func() {
			topic := fmt.Sprint("t", i%topics)
			since := f.read(t, topic, nil, 0).Head
			for more := true; more && !t.Failed(); {
				more = writing.Load() > 0
				held := f.heard.count()
				before := f.heard.on(topic, 0)
				past := f.read(t, topic, &since, 1<<20)
				if !past.Whole || past.More || uint64(len(past.Events)) != past.Head.Offset-since.Offset {
					t.Errorf("since %d: %d events, %d is the head; whole %v, more %v", since.Offset, len(past.Events), past.Head.Offset, past.Whole, past.More)
				}
				for _, ev := range before {
					if ev.Pos.Offset > past.Head.Offset {
						t.Errorf("%d was delivered before the read, which ends at %d", ev.Pos.Offset, past.Head.Offset)
					}
				}
				next := past.Head.Offset + 1
				for _, ev := range f.heard.on(topic, held) {
					if ev.Pos.Offset < next {
						continue // not kept, or read
					}
					if ev.Pos.Offset != next {
						t.Errorf("after %d comes %d", next-1, ev.Pos.Offset)
					}
					next++
				}
				since = past.Head
			}
		})
	}
	wg.Wait()
	for i := range topics {
		topic := fmt.Sprint("t", i)
		past, at := f.read(t, topic, nil, 1<<20), uint64(0)
		for _, ev := range f.heard.on(topic, 0) {
			if ev.Pos.Offset == 0 {
				continue
			}
			if at++; ev.Pos.Offset != at || past.Events[at-1].Pos != ev.Pos {
				t.Fatalf("%s: %v was heard as the %d. that is kept", topic, ev.Pos, at)
			}
		}
		if past.Head.Offset != at || len(past.Events) != int(at) {
			t.Fatalf("%s: %d were heard, %d are kept, the head is %d", topic, at, len(past.Events), past.Head.Offset)
		}
	}
}
