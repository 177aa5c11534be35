package enginetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

func is(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: %v, want %v", what, err, want)
	}
}

func testAppend(t *testing.T, f fixture) {
	batch := []*core.Event{event("a", "1"), event("b", "2"), event("a", "3")}
	placed, err := f.Append(background, batch, engine.AppendOptions{})
	ok(t, err)
	if len(placed) != 3 || slices.Contains(placed, engine.Placed{Duplicate: true}) {
		t.Fatalf("three events were placed as %v", placed)
	}
	for i, ev := range batch {
		if ev.Pos != placed[i].Pos {
			t.Fatalf("event %d has position %v, its answer %v", i, ev.Pos, placed[i].Pos)
		}
	}
	if a, b := f.heardOn(t, "a"), f.heardOn(t, "b"); !slices.Equal(a, []string{"1", "3"}) || !slices.Equal(b, []string{"2"}) {
		t.Fatalf("heard %v and %v", a, b)
	}
	placed, err = f.Append(background, nil, engine.AppendOptions{})
	if ok(t, err); len(placed) != 0 {
		t.Fatalf("no events were placed as %v", placed)
	}
	many := make([]*core.Event, 300)
	for i := range many {
		many[i] = event(fmt.Sprint("many", i%7), "x")
	}
	placed, err = f.Append(background, many, engine.AppendOptions{})
	if ok(t, err); len(placed) != len(many) {
		t.Fatalf("%d events got %d answers", len(many), len(placed))
	}
}

// testOrder: what one caller appends one after the other is heard so, and a
// topic is handed over by one caller at a time.
func testOrder(t *testing.T, f fixture) {
	const writers, each = 8, 200
	var holding sync.Map
	f.heard.during = func(ev *core.Event) {
		if _, busy := holding.LoadOrStore(ev.Key, true); busy {
			t.Error("two events of a topic were delivered at once")
		}
		holding.Delete(ev.Key)
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				_, err := f.Append(background, []*core.Event{event(fmt.Sprint("t", i%2), fmt.Sprintf("%d %06d", w, i))}, engine.AppendOptions{})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, topic := range []string{"t0", "t1"} {
		names := f.heardOn(t, topic)
		if len(names) != writers*each/2 {
			t.Fatalf("%s: heard %d events, want %d", topic, len(names), writers*each/2)
		}
		latest := map[string]string{}
		for _, n := range names {
			if n <= latest[n[:1]] {
				t.Fatalf("%s: %q was heard after %q", topic, n, latest[n[:1]])
			}
			latest[n[:1]] = n
		}
	}
}

func testTopicsApart(t *testing.T, f fixture) {
	inside, leave := make(chan bool), make(chan bool)
	f.heard.during = func(ev *core.Event) {
		if ev.Key.Topic == "slow" {
			close(inside)
			<-leave
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := f.Append(background, []*core.Event{event("slow", "x")}, engine.AppendOptions{}); err != nil {
			t.Error(err)
		}
	})
	<-inside
	others := make(chan error)
	go func() {
		var err error
		for i := 0; i < 500 && err == nil; i++ {
			_, err = f.Append(background, []*core.Event{event(fmt.Sprint("t", i), "x")}, engine.AppendOptions{})
		}
		others <- err
	}()
	select {
	case err := <-others:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("topics wait for one another")
	}
	close(leave)
	wg.Wait()
}

func testBatches(t *testing.T, f fixture) {
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for range 200 {
				batch := []*core.Event{event("a", "x"), event("b", "x"), event("c", "x"), event("a", "y")}
				if w%2 == 0 {
					slices.Reverse(batch)
				}
				if _, err := f.Append(background, batch, engine.AppendOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(f.heardOn(t, "a")); n != 4*200*2 {
		t.Fatalf("heard %d events of a, want %d", n, 4*200*2)
	}
}
