package cases

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

// shown is a history in one line.
func shown(past core.Past, err error) string {
	if err != nil {
		return string(core.AsError(err).Code)
	}
	out := fmt.Sprintf("%s %d whole %v more %v:", past.Head.Epoch, past.Head.Offset, past.Whole, past.More)
	for _, ev := range past.Events {
		out += fmt.Sprintf(" %d=%s", ev.Pos.Offset, ev.Data)
	}
	return out
}

func TestHistoryOfACase(t *testing.T) {
	c, err := Parse([]byte(`{"history": {"t": [{"offset": 4, "data": {"n": 4}}, {"event": "e", "from": "7", "target": {"all": {}}, "data": 5}, {"offset": 8}], "none yet": []}, "event": {}}`))
	if err != nil {
		t.Fatal(err)
	}
	var s Services
	s.SetHistory(keptThen(c.History))
	publish := func(topic string, not bool) {
		if err := s.Publish(context.Background(), &core.Event{Key: core.TopicKey{Topic: topic}, Data: []byte(`"mine"`), NoHistory: not}, ""); err != nil {
			t.Fatal(err)
		}
	}
	since := func(offset uint64) *core.Position { return &core.Position{Epoch: Epoch, Offset: offset} }
	for i, c := range []struct {
		topic string
		since *core.Position
		limit int
		want  string
	}{
		{"t", nil, 9, `case 9 whole true more false: 4={"n":4} 5=5 8=null 9="mine"`},
		{"t", nil, 1, `case 9 whole true more false: 9="mine"`},
		{"t", since(3), 2, `case 9 whole true more true: 4={"n":4} 5=5`},
		{"t", since(2), 1, `case 9 whole false more false: 9="mine"`},
		{"t", since(9), 1, `case 9 whole true more false:`},
		{"t", since(10), 1, `case 9 whole false more false: 9="mine"`},
		{"t", &core.Position{Epoch: "other", Offset: 5}, 0, `case 9 whole false more false:`},
		{"none yet", nil, 9, `case 0 whole true more false:`},
		{"none yet", since(0), 9, `case 0 whole true more false:`},
		{"other", nil, 9, `not_found`},
	} {
		if i == 0 {
			publish("t", false)
			publish("t", true)
			publish("other", false)
		}
		if got := shown(s.History(context.Background(), "default", c.topic, c.since, c.limit)); got != c.want {
			t.Errorf("%s %v %d: got %s, want %s", c.topic, c.since, c.limit, got, c.want)
		}
	}
}

// What a plugin was told of a topic is told again, whatever it asked for.
func TestHistoryIsToldAgain(t *testing.T) {
	events := func(from, to uint64) (list []*core.Event) {
		for n := from; n <= to; n++ {
			ev := &core.Event{Pos: core.Position{Offset: n}, Name: "e.v", From: "7", Data: fmt.Appendf(nil, `{"<n>":%d}`, n)}
			if n%2 == 0 {
				ev.Target = &core.Target{Raw: []byte(`{"include":{"uid":7}}`)}
			}
			list = append(list, ev)
		}
		return list
	}
	head := core.Position{Epoch: "k3", Offset: 90}
	since := func(offset uint64) *core.Position { return &core.Position{Epoch: "k3", Offset: offset} }
	var trace plugin.Trace
	trace.Input.Kind = plugin.KindMessage
	asked := []struct {
		since *core.Position
		limit int
		past  core.Past
	}{
		{nil, 3, core.Past{Head: head, Whole: true, Events: events(88, 90)}},
		{since(50), 2, core.Past{Head: head, Whole: true, More: true, Events: events(51, 52)}},
		{since(90), 9, core.Past{Head: head, Whole: true}},
		{since(51), 0, core.Past{Head: head, Whole: true, More: true}},
		{since(4), 2, core.Past{Head: head, Events: events(89, 90)}},
		{nil, 0, core.Past{Head: head, Whole: true}},
	}
	for _, a := range asked {
		trace.Reads = append(trace.Reads, plugin.Read{Op: "history", Key: "t", Found: true, Value: plugin.AppendPast(nil, &a.past)})
	}
	trace.Reads = append(trace.Reads, plugin.Read{Op: "history", Key: "none"})
	var r Record
	if err := json.Unmarshal(encode(NewRecord(&trace, NewMask())), &r); err != nil {
		t.Fatal(err)
	}
	if got, want := string(*r.Reads[1].Value), `{"epoch":"k3","offset":90,"whole":true,"more":true,"events":[{"offset":51,"event":"e.v","from":"7","data":{"<n>":51}},{"offset":52,"event":"e.v","from":"7","data":{"<n>":52},"target":{"include":{"uid":7}}}]}`; got != want {
		t.Errorf("recorded\n%s\nwant\n%s", got, want)
	}
	in, err := r.Input()
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(os.DirFS("."), "none", Options{})
	b.setUp(&r, in)
	for _, a := range asked {
		past, err := b.services.History(t.Context(), "default", "t", a.since, a.limit)
		if got, want := shown(past, err), shown(a.past, nil); got != want || err == nil && string(plugin.AppendPast(nil, &past)) != string(plugin.AppendPast(nil, &a.past)) {
			t.Errorf("since %v: got %s, want %s", a.since, got, want)
		}
	}
	if got := shown(b.services.History(t.Context(), "default", "none", nil, 1)); got != "not_found" {
		t.Errorf("got %s", got)
	}
}
