package enginetest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

var errFilter = errors.New("refused by the filter")

// testFilter: what the filter returns is placed, and every event has its answer.
func testFilter(t *testing.T, f fixture) {
	filter := func(_ context.Context, ev *core.Event) (*core.Event, error) {
		switch ev.Name {
		case "drop":
			return nil, nil
		case "refuse":
			return nil, errFilter
		}
		return event(ev.Key.Topic, ev.Name+"!"), nil
	}
	place := func(names ...string) ([]engine.Placed, error) {
		var events []*core.Event
		for _, name := range names {
			events = append(events, event("t", name))
		}
		return f.Append(background, events, engine.AppendOptions{Filter: filter})
	}
	placed, err := place("1", "drop", "2")
	ok(t, err)
	if len(placed) != 3 || placed[0].Dropped || !placed[1].Dropped || placed[2].Dropped || placed[1].Pos != (core.Position{}) {
		t.Fatalf("placed as %v", placed)
	}
	_, err = place("3", "refuse")
	is(t, "refused", err, errFilter)
	if heard := f.heardOn(t, "t"); !slices.Equal(heard, []string{"1!", "2!"}) {
		t.Fatalf("heard %v", heard)
	}
}

// testFilterOnce: a duplicate asks no filter, also where the first was dropped,
// and while the filter thinks; after a failure the next is asked again.
func testFilterOnce(t *testing.T, f fixture) {
	var asked atomic.Int32
	thinking, on := make(chan bool), make(chan bool)
	verdicts := []func(*core.Event) (*core.Event, error){
		func(*core.Event) (*core.Event, error) { return nil, errFilter },
		func(ev *core.Event) (*core.Event, error) { close(thinking); <-on; return ev, nil },
		func(*core.Event) (*core.Event, error) { return nil, nil },
	}
	publish := func(key string) (engine.Placed, error) {
		placed, err := f.Append(background, []*core.Event{event("t", key)}, engine.AppendOptions{
			Dedupe: &engine.Dedupe{Scope: "c", Key: key},
			Filter: func(_ context.Context, ev *core.Event) (*core.Event, error) { return verdicts[asked.Add(1)-1](ev) },
		})
		if err != nil {
			return engine.Placed{}, err
		}
		return placed[0], nil
	}
	_, err := publish("k")
	is(t, "refused", err, errFilter)

	first, second := make(chan engine.Placed, 1), make(chan engine.Placed, 1)
	both := func(to chan engine.Placed) {
		p, err := publish("k")
		if err != nil {
			t.Error(err)
		}
		to <- p
	}
	go both(first)
	<-thinking
	go both(second)
	close(on)
	if a, b := <-first, <-second; a.Duplicate || !b.Duplicate {
		t.Fatalf("placed as %v and %v", a, b)
	}
	for i := range 2 {
		p, err := publish("dropped")
		if ok(t, err); !p.Dropped || p.Duplicate != (i == 1) {
			t.Fatalf("dropped as %v", p)
		}
	}
	if asked.Load() != 3 {
		t.Fatalf("the filter was asked %d times", asked.Load())
	}
	if heard := f.heardOn(t, "t"); !slices.Equal(heard, []string{"k"}) {
		t.Fatalf("heard %v", heard)
	}
}
