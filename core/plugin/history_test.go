package plugin_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

const keeping = "events = [\"p.*\"]\n[capabilities]\nhistory = [\"room.*\", \"user.{uid}\"]\n"

// since is a position as guests give it.
func since(epoch string, offset uint64) text {
	return options(epoch, string(binary.LittleEndian.AppendUint64(nil, offset)))
}

// pastOf is n events from offset first on, with data of a size.
func pastOf(first uint64, n, size int) core.Past {
	past := core.Past{Head: core.Position{Epoch: "e1", Offset: first + uint64(n) - 1}}
	data := fmt.Appendf(nil, `"%s"`, strings.Repeat("x", size))
	for i := range uint64(n) {
		past.Events = append(past.Events, &core.Event{
			Pos: core.Position{Epoch: "e1", Offset: first + i}, Name: "e.v", From: "7", Data: data,
		})
	}
	return past
}

// told are the histories that the last event was told: the offsets, then what
// else there is.
func told(t *testing.T, r *rig) (out []string) {
	t.Helper()
	for _, read := range r.lastTrace().Reads {
		if !read.Found {
			out = append(out, read.Op+" "+read.Key+" no")
			continue
		}
		past, ok := plugin.ReadPast(read.Value)
		if !ok {
			t.Fatalf("%q is no history", read.Value)
		}
		line := fmt.Sprintf("%s head %s %d whole %v more %v:", read.Key, past.Head.Epoch, past.Head.Offset, past.Whole, past.More)
		for _, ev := range past.Events {
			line += fmt.Sprint(" ", ev.Pos.Offset)
		}
		out = append(out, line)
	}
	return out
}

func TestHistory(t *testing.T) {
	g := newGuest("history")
	denied, bad, none := int64(plugin.ErrnoDenied), int64(plugin.ErrnoBadArgument), int64(plugin.ErrnoNotFound)
	g.call("history", text("room.1"), 2, text(""), out{})
	g.call("history", text("room.1"), 2, since("e1", 5), out{})
	g.call("history", text("room.1"), 10, since("e1", 8), out{})
	g.call("history", text("room.1"), 10, since("e1", 9), out{})
	g.call("history", text("room.1"), 10, since("e1", 3), out{}) // no longer kept
	g.call("history", text("room.1"), 10, since("e0", 8), out{}) // another epoch
	g.call("history", text("room.1"), 1, since("e1", 10), out{}) // beyond the head
	g.call("history", text("room.1"), 0, text(""), out{})
	g.call("history", text("room.1"), 2, text(""), 0, 0) // how long it would be
	g.call("history", text("user.7"), 9, text(""), out{})
	g.call("history", text("room.2"), 9, text(""), out{}) // keeps none
	g.call("history", text("room.2"), 9, text(""), out{})
	g.call("history", text("user.8"), 9, text(""), out{})
	g.call("history", text("other"), 9, text(""), out{})
	for _, args := range [][]any{
		{text("room.1"), -1, text("")}, {text("room.1"), plugin.MaxHistory + 1, text("")}, {text(""), 1, text("")},
		{text("room.1"), 1, text("junk")}, {text("room.1"), 1, options("e1")}, {text("room.1"), 1, options("", "12345678")},
		{text("room.1"), 1, options("e1", "1")}, {text("room.1"), 1, since(strings.Repeat("e", plugin.MaxEpoch+1), 1)},
	} {
		g.call("history", append(args, out{})...)
	}
	r := mustLoad(t, map[string]plug{"p": {keeping, g.answer("1", false)}})
	past := pastOf(5, 5, 1)
	past.Events[4].Target = &core.Target{Raw: []byte(`{"all":{}}`)}
	r.services.SetHistory(map[string]core.Past{"room.1": past, "user.7": {Head: core.Position{Epoch: "e2"}}})
	ev := message("p.x", `1`)
	ev.Claims.Attributes, _ = core.ParseAttributes(ev.Claims.Custom)
	if _, err := r.Decide(t.Context(), ev); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"room.1 head e1 9 whole true more false: 8 9",
		"room.1 head e1 9 whole true more true: 6 7",
		"room.1 head e1 9 whole true more false: 9",
		"room.1 head e1 9 whole true more false:",
		"room.1 head e1 9 whole false more false: 5 6 7 8 9",
		"room.1 head e1 9 whole false more false: 5 6 7 8 9",
		"room.1 head e1 9 whole false more false: 9",
		"room.1 head e1 9 whole true more false:",
		"room.1 head e1 9 whole true more false: 8 9",
		"user.7 head e2 0 whole true more false:",
		"history room.2 no", "history room.2 no",
	}
	if got := told(t, r); !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	const head, event = 4 + 4 + 2 + 4 + 8 + 4 + 1 + 4 + 1 + 4 + 4, 4 + 4 + 5*4 + 8 + 3 + 1 + 3
	lengths := []int64{head + 2*event + 10, head + 2*event, head + event + 10, head, head + 5*event + 10, head + 5*event + 10, head + event + 10, head, head + 2*event + 10,
		head, none, none, denied, denied, bad, bad, bad, bad, bad, bad, bad, bad}
	if got := r.calls(); !slices.Equal(got, lengths) {
		t.Errorf("the calls returned\n%v, want\n%v", got, lengths)
	}
	if n := strings.Count(r.log.String(), `the history of a topic whose rule keeps none`); n != 1 {
		t.Errorf("it was said %d times that a topic keeps none:\n%s", n, r.log.String())
	}
	last, _ := plugin.ReadPast(r.lastTrace().Reads[2].Value)
	if e := last.Events[0]; e.Name != "e.v" || e.From != "7" || string(e.Data) != `"x"` || string(e.Target.Raw) != `{"all":{}}` {
		t.Errorf("got %+v", e)
	}
}

// What is over the bytes of one answer is left out at the end where the guest
// goes on from a position, so that it can go on from there; else at the
// beginning.
func TestHistoryIsBoundedInBytes(t *testing.T) {
	past := pastOf(1, 40, plugin.MaxHistoryBytes/4-100)
	ask := func(times int, topic string, from ...text) *rig {
		g := newGuest("history")
		for range times {
			for _, f := range from {
				g.call("history", text(topic), 100, f, out{})
			}
		}
		r := mustLoad(t, map[string]plug{"p": {keeping, g.answer("1", false)}})
		r.services.SetHistory(map[string]core.Past{"room.1": past, "room.2": pastOf(1, 2, 2*plugin.MaxHistoryBytes)})
		if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := ask(1, "room.1", "", since("e1", 0), since("e0", 0))
	want := []string{
		"room.1 head e1 40 whole true more false: 37 38 39 40",
		"room.1 head e1 40 whole true more true: 1 2 3 4",
		"room.1 head e1 40 whole false more false: 37 38 39 40",
	}
	if got := told(t, r); !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, n := range r.calls() {
		if n > plugin.MaxHistoryBytes {
			t.Errorf("%d bytes", n)
		}
	}
	if len(past.Events) != 40 {
		t.Error("what the topic keeps was changed")
	}
	if n := ask(1, "room.2", since("e1", 0)).calls()[0]; n < 2*plugin.MaxHistoryBytes {
		t.Errorf("%d bytes where there is one large event", n)
	}
	// Whoever looks is not drowned by a guest that asks without end.
	if tr := ask(9, "room.1", "").lastTrace(); !tr.Cut || tr.Reads != nil {
		t.Errorf("the trace holds %d reads", len(tr.Reads))
	}
}

// readFails is Services whose histories cannot be read.
type readFails struct{ plugin.Services }

func (readFails) History(context.Context, string, string, *core.Position, int) (core.Past, error) {
	return core.Past{}, errors.New("the disk is gone")
}

func TestHistoryThatCannotBeRead(t *testing.T) {
	g := newGuest("history").call("history", text("room.1"), 9, text(""), out{})
	r := &rig{serve: func(r *rig) plugin.Services { return readFails{&r.services} }}
	r, err := r.load(t, map[string]plug{"p": {keeping, g.answer("1", false)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
		t.Fatal(err)
	}
	if got := r.calls(); !slices.Equal(got, []int64{int64(plugin.ErrnoUnavailable)}) || !strings.Contains(r.log.String(), "the disk is gone") {
		t.Errorf("got %v\n%s", got, r.log.String())
	}
}

func TestHistoryMustBeGranted(t *testing.T) {
	_, err := load(t, map[string]plug{"p": {"events = [\"p.*\"]\n", newGuest("history").answer("1", false)}})
	want := `p 1.2.0: imports history, but p.toml grants no "history": add history = ["…"] under [capabilities], or remove the call`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}
