package node

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
)

func TestHistoryCommand(t *testing.T) {
	w := newWorld(t, handlers{}, func(ep *core.Endpoint) {
		ep.Topics = []core.TopicRule{{Match: pattern(t, "k.closed"), Subscribe: core.AccessNobody, History: core.History{Size: 5}}}
		remembers(t, 100)(ep)
		ep.Limits.QueueBytes = 4000
		ep.Limits.EventsPerSecond = 0
	})
	pos := w.fill("k.1", 1, 5).Pos
	c := w.join(user(1))
	type page struct {
		Messages []struct{ Offset int }
		Next     struct {
			Epoch  string
			Offset int
		}
		More      bool
		Recovered *bool
	}
	id := 0
	ask := func(fields string) (p page, text string) {
		t.Helper()
		id++
		text = w.do(c, fmt.Sprintf(`{"type":"history","id":%d,%s}`, id, fields))
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
		return p, text
	}
	since := func(n int) string { return fmt.Sprintf(`"since":{"epoch":%q,"offset":%d}`, pos.Epoch, n) }
	for _, test := range []struct {
		fields, offsets string
		next            int
		more            bool
		whole           string
	}{
		{`"topic":"k.1"`, "1 2 3 4 5", 5, false, ""},
		{`"topic":"k.1","limit":2`, "4 5", 5, false, ""},
		{`"topic":"k.1","limit":2,` + since(0), "1 2", 2, true, "true"},
		{`"topic":"k.1","limit":2,` + since(2), "3 4", 4, true, "true"},
		{`"topic":"k.1","limit":2,` + since(4), "5", 5, false, "true"},
		{`"topic":"k.1",` + since(5), "", 5, false, "true"},
		{`"topic":"k.1",` + since(6), "1 2 3 4 5", 5, false, "false"},
		{`"topic":"plain"`, "", 0, false, ""},
	} {
		p, text := ask(test.fields)
		var got []string
		for _, m := range p.Messages {
			got = append(got, fmt.Sprint(m.Offset))
		}
		whole := ""
		if p.Recovered != nil {
			whole = fmt.Sprint(*p.Recovered)
		}
		if strings.Join(got, " ") != test.offsets || p.Next.Offset != test.next || p.More != test.more || whole != test.whole {
			t.Errorf("%s: %s", test.fields, text)
		}
	}
	if _, text := ask(`"topic":"k.closed"`); !strings.Contains(text, `"forbidden"`) {
		t.Errorf("a topic that nobody may hear: %s", text)
	}
	// A page is no longer than what may wait for the client.
	zero := w.say("k.2", `"message":"`+strings.Repeat("x", 3000)+`"`).Pos
	w.say("k.2", `"message":"`+strings.Repeat("y", 1900)+`"`)
	w.say("k.2", `"message":"`+strings.Repeat("z", 100)+`"`)
	pos.Epoch = zero.Epoch
	for i, want := range []int{1, 2, 3} {
		if p, text := ask(`"topic":"k.2",` + since(i)); len(p.Messages) != 1 || p.Next.Offset != want || p.More != (i < 2) {
			t.Errorf("page %d: %.200s", i, text)
		}
	}
}

// Where a plugin decides who may hear, reading asks for its consent, too.
func TestHistoryAsksNoPlugin(t *testing.T) {
	w := newWorld(t, handlers{
		wants:  func(kind core.HookKind, _ string) bool { return kind == core.HookSubscribe },
		decide: func(*core.ClientEvent) (core.Verdict, error) { return core.Verdict{}, nil },
	}, remembers(t, 10))
	c := w.join(user(1))
	if a := w.do(c, `{"type":"history","topic":"k.1","id":1}`); !strings.Contains(a, `"forbidden"`) {
		t.Errorf("before it has subscribed: %s", a)
	}
	w.do(c, `{"type":"subscribe","topic":"k.1","id":2}`)
	if a := w.do(c, `{"type":"history","topic":"k.1","id":3}`); !strings.Contains(a, `"messages":[]`) {
		t.Errorf("once it has: %s", a)
	}
}
