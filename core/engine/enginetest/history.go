package enginetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// keepTen is a history that no test of few events fills.
var keepTen = core.History{Size: 10, Age: time.Hour}

func kept(topic, name string, keep core.History) *core.Event {
	ev := event(topic, name)
	ev.Keep = keep
	return ev
}

// append places one event and returns its position.
func (f fixture) append(t *testing.T, ev *core.Event) core.Position {
	t.Helper()
	placed, err := f.Append(background, []*core.Event{ev}, engine.AppendOptions{})
	if ok(t, err); len(placed) != 1 || placed[0] != (engine.Placed{Pos: ev.Pos}) {
		t.Fatalf("an event at %v was placed as %v", ev.Pos, placed)
	}
	return ev.Pos
}

// read reads, and checks what is so of every answer.
func (f fixture) read(t *testing.T, topic string, since *core.Position, limit int) core.Past {
	t.Helper()
	past, err := f.Read(background, core.TopicKey{Endpoint: "e", Topic: topic}, since, limit)
	if ok(t, err); past.Head.Epoch == "" || len(past.Events) > max(limit, 0) {
		t.Fatalf("head %v, %d events of %d", past.Head, len(past.Events), limit)
	}
	for i, ev := range past.Events {
		if ev.Pos.Epoch != past.Head.Epoch || ev.Pos.Offset > past.Head.Offset || ev.Key != (core.TopicKey{Endpoint: "e", Topic: topic}) {
			t.Fatalf("event %v of %v under head %v", ev.Pos, ev.Key, past.Head)
		}
		if i > 0 && ev.Pos.Offset != past.Events[i-1].Pos.Offset+1 {
			t.Fatalf("event %v after %v", ev.Pos, past.Events[i-1].Pos)
		}
	}
	return past
}

// show is an answer without its epoch: "3: b c more", "3: c broken".
func show(past core.Past) string {
	s := fmt.Sprintf("%d:", past.Head.Offset)
	for _, ev := range past.Events {
		s += " " + ev.Name
	}
	if past.More {
		s += " more"
	}
	if !past.Whole {
		s += " broken"
	}
	return s
}

func testHistory(t *testing.T, f fixture) {
	batch := []*core.Event{kept("a", "1", keepTen), kept("b", "2", keepTen), kept("a", "3", keepTen)}
	batch[0].Data, batch[0].From, batch[0].Except, batch[0].Overflow = []byte(`{"x":[1]}`), "u", "s", core.OverflowLatest
	batch[0].Target = &core.Target{Raw: []byte(`{}`)}
	placed, err := f.Append(background, batch, engine.AppendOptions{})
	ok(t, err)
	for i, offset := range []uint64{1, 1, 2} {
		if batch[i].Pos.Offset != offset || placed[i] != (engine.Placed{Pos: batch[i].Pos}) {
			t.Fatalf("event %d has position %v, its answer %v, want offset %d", i, batch[i].Pos, placed[i], offset)
		}
	}
	past := f.read(t, "a", nil, 10)
	if show(past) != "2: 1 3" {
		t.Fatal(show(past))
	}
	got, want := past.Events[0], batch[0]
	if string(got.Data) != string(want.Data) || got.From != "u" || got.Except != "s" || got.Overflow != want.Overflow || got.Target == nil || string(got.Target.Raw) != "{}" {
		t.Fatalf("placed %+v, read %+v", want, got)
	}
	if heard := f.heardOn(t, "a"); !slices.Equal(heard, []string{"1", "3"}) {
		t.Fatalf("heard %v", heard)
	}
	if other := f.read(t, "b", nil, 10); show(other) != "1: 2" {
		t.Fatal(show(other))
	}
	past, err = f.Read(background, core.TopicKey{Endpoint: "other", Topic: "a"}, nil, 10)
	if ok(t, err); show(past) != "0:" {
		t.Fatalf("another endpoint's topic: %s", show(past))
	}
}

// testRead asks a topic that keeps c, d and e of five in every way.
func testRead(t *testing.T, f fixture) {
	var at core.Position
	for name := range strings.SplitSeq("a b c d e", " ") {
		at = f.append(t, kept("t", name, core.History{Size: 3}))
	}
	for _, c := range []struct {
		since int // -1: nil; 100: of another epoch
		limit int
		want  string
	}{
		{-1, 10, "5: c d e"}, {-1, 2, "5: d e"}, {-1, 0, "5:"}, {-1, -1, "5:"},
		{2, 10, "5: c d e"}, {2, 3, "5: c d e"}, {2, 2, "5: c d more"}, {3, 1, "5: d more"}, {2, 0, "5: more"},
		{4, 10, "5: e"}, {5, 10, "5:"}, {5, 0, "5:"},
		{1, 10, "5: c d e broken"}, {0, 2, "5: d e broken"}, {0, 0, "5: broken"},
		{6, 10, "5: c d e broken"}, {6, 1, "5: e broken"}, {100, 10, "5: c d e broken"},
	} {
		since := &core.Position{Epoch: at.Epoch, Offset: uint64(c.since)}
		switch c.since {
		case -1:
			since = nil
		case 100:
			since = &core.Position{Epoch: at.Epoch + "x", Offset: 4}
		}
		if got := show(f.read(t, "t", since, c.limit)); got != c.want {
			t.Errorf("since %d, limit %d: %q, want %q", c.since, c.limit, got, c.want)
		}
	}
	if past := f.read(t, "t", &core.Position{Epoch: at.Epoch, Offset: 1<<64 - 1}, 9); show(past) != "5: c d e broken" {
		t.Error(show(past))
	}
}

// testUnknown: a topic that keeps nothing yet has an epoch, which it keeps.
func testUnknown(t *testing.T, f fixture) {
	head := f.read(t, "t", nil, 10).Head
	if head.Offset != 0 || f.read(t, "t", nil, 10).Head != head {
		t.Fatalf("a topic nobody published to stands at %v", head)
	}
	f.append(t, event("t", "not kept"))
	for since, want := range map[core.Position]string{head: "0:", {Epoch: head.Epoch, Offset: 1}: "0: broken", {Epoch: "x"}: "0: broken", {}: "0: broken"} {
		if got := show(f.read(t, "t", &since, 10)); got != want {
			t.Errorf("since %v: %q, want %q", since, got, want)
		}
	}
	f.append(t, kept("t", "a", keepTen))
	if got := show(f.read(t, "t", &head, 10)); got != "1: a" {
		t.Fatalf("since before the first: %q", got)
	}
}

// testMixed: events that are kept and events that are not share a topic's order.
func testMixed(t *testing.T, f fixture) {
	batch := []*core.Event{kept("t", "1", keepTen), event("t", "2"), kept("t", "3", keepTen), event("u", "4")}
	batch[1].Pos = core.Position{Epoch: "x", Offset: 7}
	placed, err := f.Append(background, batch, engine.AppendOptions{})
	ok(t, err)
	for i, ev := range batch {
		if placed[i].Pos != ev.Pos || (ev.Pos == core.Position{}) != (i%2 == 1) {
			t.Fatalf("event %d: %v, answered %v", i, ev.Pos, placed[i])
		}
	}
	f.append(t, event("t", "5"))
	f.append(t, kept("t", "6", keepTen))
	if got := show(f.read(t, "t", nil, 10)); got != "3: 1 3 6" {
		t.Fatal(got)
	}
	if heard := f.heardOn(t, "t"); strings.Join(heard, "") != "12356" {
		t.Fatalf("heard %v", heard)
	}
}

// testKeep: size and age bound what is kept, the last Keep for all of it.
func testKeep(t *testing.T, f fixture) {
	check := func(want string) {
		t.Helper()
		if got := show(f.read(t, "t", nil, 100)); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	minute := core.History{Size: 10, Age: time.Minute}
	f.append(t, kept("t", "a", minute))
	f.clock.Step(40 * time.Second)
	at := f.append(t, kept("t", "b", minute))
	f.clock.Step(20 * time.Second)
	check("2: b")
	f.append(t, kept("t", "c", core.History{Size: 10, Age: time.Hour}))
	check("3: b c")
	f.clock.Step(time.Minute)
	check("3: b c")
	f.append(t, kept("t", "d", minute)) // c is as old as its age by now
	check("4: d")
	f.append(t, kept("t", "e", core.History{Size: 10}))
	f.clock.Step(1000 * time.Hour)
	check("5: d e")
	f.append(t, kept("t", "f", core.History{Size: 2}))
	check("6: e f")
	f.append(t, kept("t", "g", core.History{Size: 10, Age: time.Second}))
	check("7: f g")
	f.clock.Step(time.Second)
	check("7:")
	at.Offset = 7
	if got := show(f.read(t, "t", &at, 10)); got != "7:" {
		t.Fatalf("from the head of what is empty: %q", got)
	}
	at.Offset = 6
	if got := show(f.read(t, "t", &at, 10)); got != "7: broken" {
		t.Fatalf("from before the head of what is empty: %q", got)
	}
	f.append(t, kept("t", "h", minute))
	check("8: h")
}

// testHistoryDedupe: a duplicate is told where the first went, and takes no offset.
func testHistoryDedupe(t *testing.T, f fixture) {
	o := engine.AppendOptions{Dedupe: &engine.Dedupe{Scope: "c", Key: "k"}}
	first, err := f.Append(background, []*core.Event{kept("t", "a", keepTen), event("u", "b")}, o)
	ok(t, err)
	again, err := f.Append(background, []*core.Event{kept("t", "a", keepTen), event("u", "b")}, o)
	ok(t, err)
	for i, p := range first {
		if p.Duplicate = true; again[i] != p {
			t.Fatalf("placed as %v, again as %v", first, again)
		}
	}
	if got := show(f.read(t, "t", nil, 10)); got != "1: a" || first[0].Pos.Offset != 1 {
		t.Fatalf("%q after %v", got, first)
	}
}

// testHistoryFilter: what the filter gives is kept as it says, what it drops
// takes no offset.
func testHistoryFilter(t *testing.T, f fixture) {
	filter := func(_ context.Context, ev *core.Event) (*core.Event, error) {
		switch ev.Name {
		case "drop":
			return nil, nil
		case "plain":
			return event("t", "plain!"), nil
		}
		return kept("t", ev.Name+"!", ev.Keep), nil
	}
	placed, err := f.Append(background, []*core.Event{
		kept("t", "drop", keepTen), kept("t", "a", keepTen), kept("t", "plain", keepTen), kept("t", "b", keepTen),
	}, engine.AppendOptions{Filter: filter})
	if ok(t, err); !placed[0].Dropped || placed[0].Pos.Offset+placed[2].Pos.Offset != 0 || placed[1].Pos.Offset != 1 || placed[3].Pos.Offset != 2 {
		t.Fatalf("placed as %v", placed)
	}
	if got := show(f.read(t, "t", nil, 10)); got != "2: a! b!" {
		t.Fatal(got)
	}
}
