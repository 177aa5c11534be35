package hub

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/target"
)

// model says who hears what, the slow and plain way.
type model struct {
	session *Session
	claims  *core.Claims
	subs    map[string]*modelSub
	sink    *heard
	want    []string
	gone    bool
}

// modelSub is a subscription of a model: held until it is released, perhaps
// several times over.
type modelSub struct {
	*Subscription
	held    bool
	begun   bool
	since   *uint64 // asked for what came after it
	head    uint64  // as it was read; 0: not yet
	waiting []*core.Event
	from    uint64
}

// line is what a session hears of an event.
func line(ev *core.Event) string { return fmt.Sprintf("%s:%s", ev.Key.Topic, ev.Data) }

// release says what a held subscription is to hear, the slow and plain way.
func (m *model) release(h *Hub, sub *modelSub, topic string, log []*core.Event, id int) {
	reply := core.Reply{ID: core.RequestID(fmt.Sprint(id))}
	if topic == "c" { // keeps no history
		h.Release(sub.Subscription, reply, nil)
		m.want = append(m.want, fmt.Sprintf("reply %d", id))
	} else {
		past, pos := &Past{Head: at(sub.head)}, sub.head
		var lines []string
		if sub.since != nil {
			past.Since, past.Events = true, log[*sub.since:sub.head]
			for _, ev := range past.Events {
				if m.admits(ev) {
					if lines == nil {
						pos = ev.Pos.Offset - 1
					}
					lines = append(lines, line(ev))
				}
			}
			sub.from = sub.head
		} else {
			if len(sub.waiting) > 0 {
				pos = min(pos, sub.waiting[0].Pos.Offset-1)
			}
			if !sub.begun {
				sub.from = pos
			}
		}
		h.Release(sub.Subscription, reply, past)
		m.want = append(append(m.want, fmt.Sprintf("reply %d x/%d", id, pos)), lines...)
	}
	for _, ev := range sub.waiting {
		if topic == "c" || ev.Pos.Offset > sub.from {
			m.want = append(m.want, line(ev))
		}
	}
	sub.held, sub.begun, sub.waiting, sub.since, sub.head = false, true, nil, nil, 0
}

func (m *model) admits(ev *core.Event) bool {
	return ev.Except != m.session.ID && (ev.Target == nil || target.Compile(ev.Target).Admits(m.claims))
}

// TestModel does thousands of random things and compares what everybody heard
// with a naive model: each who should hears once, in the one order, and nobody
// else.
func TestModel(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { runModel(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func runModel(t *testing.T, r *rand.Rand) {
	h, stop := running(t)
	topics := []string{"a", "b", "c"}
	randomClaims := func() string {
		if r.IntN(5) == 0 {
			return ""
		}
		return fmt.Sprintf(`{"uid":%d,"roles":["r%d","r%d"]}`, r.IntN(10), r.IntN(4), r.IntN(4))
	}
	randomTarget := func() string {
		return []string{"",
			fmt.Sprintf(`{"include":{"uid":%d}}`, r.IntN(10)),
			fmt.Sprintf(`{"include":{"roles":["r%d","r%d"]}}`, r.IntN(4), r.IntN(4)),
			fmt.Sprintf(`{"exclude":{"uid":%d}}`, r.IntN(10)),
			fmt.Sprintf(`{"include":{"uid":%d,"roles":"r%d"},"exclude":{"roles":"r%d"}}`, r.IntN(10), r.IntN(4), r.IntN(4)),
			fmt.Sprintf(`{"all":{"roles":"r%d"},"include":{"uid":[1,2,3]}}`, r.IntN(4)),
		}[r.IntN(6)]
	}
	var all []*model
	logs := map[string][]*core.Event{}
	for step := range 4000 {
		pick := func() *model { return all[r.IntN(len(all))] }
		switch n := r.IntN(20); {
		case n < 2 || len(all) == 0:
			m := &model{subs: map[string]*modelSub{}}
			custom := randomClaims()
			m.session, m.sink = join(t, h, fmt.Sprint("s", step), custom)
			m.claims = m.session.claims
			all = append(all, m)
		case n < 6:
			m, topic := pick(), topics[r.IntN(3)]
			if m.gone {
				continue
			}
			// One step after the other: held, read, released. A live one is held again.
			switch sub := m.subs[topic]; {
			case sub == nil:
				m.subs[topic] = &modelSub{Subscription: h.Subscribe(m.session, topic), held: true}
			case !sub.held:
				h.Hold(sub.Subscription)
				sub.held = true
			case sub.head == 0 && topic != "c" && len(logs[topic]) > 0:
				sub.head = uint64(len(logs[topic]))
				if r.IntN(3) > 0 {
					since := uint64(r.IntN(len(logs[topic]) + 1))
					since = max(since, sub.head-min(sub.head, 10))
					sub.since = &since
				}
			case sub.head > 0 || topic == "c":
				m.release(h, sub, topic, logs[topic], step)
			}
		case n < 8:
			m, topic := pick(), topics[r.IntN(3)]
			if sub := m.subs[topic]; sub != nil && !m.gone {
				h.Unsubscribe(sub.Subscription, nil)
				delete(m.subs, topic)
			}
		case n < 9:
			m := pick()
			var c *core.Claims
			if custom := randomClaims(); custom != "" {
				c = claims(t, custom)
			}
			m.claims = c
			h.SetClaims(m.session, c, nil)
		case n < 10:
			m := pick()
			m.gone = true
			h.Leave(m.session)
		default:
			topic, data := topics[r.IntN(3)], fmt.Sprint(step)
			ev := event(topic, data, aim(t, randomTarget()))
			if r.IntN(4) == 0 {
				ev.Except = pick().session.ID
			}
			if topic != "c" {
				ev.Pos = at(uint64(len(logs[topic]) + 1))
				logs[topic] = append(logs[topic], ev)
			}
			for _, m := range all {
				sub := m.subs[topic]
				switch {
				case m.gone || sub == nil || !m.admits(ev):
				case sub.held:
					sub.waiting = append(sub.waiting, ev)
				default:
					m.want = append(m.want, line(ev))
				}
			}
			h.Deliver(ev)
		}
	}
	stop()
	for _, m := range all {
		got, want := m.sink.all(), strings.Join(m.want, " | ")
		if m.gone && strings.HasPrefix(want, got) {
			continue // what waited when the connection ended has nowhere to go
		}
		if got != want {
			t.Fatalf("%s heard\n%s\nwant\n%s", m.session.ID, got, want)
		}
	}
}

// TestConcurrent has several publishers and many who come and go at once:
// whoever stays hears every message of its topic once, all in one order.
func TestConcurrent(t *testing.T) {
	h, stop := running(t)
	var stay []*heard
	for i := range 20 {
		s, sink := join(t, h, fmt.Sprint("stay", i), fmt.Sprintf(`{"uid":%d}`, i))
		live(h, s, "t")
		stay = append(stay, sink)
	}
	var wg sync.WaitGroup
	for p := range 4 {
		wg.Go(func() {
			for i := range 500 {
				h.Deliver(event("t", fmt.Sprintf("%d-%d", p, i), nil))
			}
		})
		wg.Go(func() {
			for i := range 200 {
				s, _ := join(t, h, fmt.Sprint("go", p, "-", i), `{"uid":1}`)
				sub := live(h, s, "t")
				if i%2 == 0 {
					h.Unsubscribe(sub, nil)
				}
				h.Leave(s)
			}
		})
	}
	wg.Wait()
	stop()
	first := stay[0].all()
	if n := len(stay[0].lines); n != 2000 {
		t.Fatalf("heard %d messages, want 2000", n)
	}
	for _, s := range stay {
		if s.all() != first {
			t.Fatal("two subscribers of one topic heard different orders")
		}
	}
}
