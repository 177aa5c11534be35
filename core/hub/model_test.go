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
	subs    map[string]*Subscription
	sink    *heard
	want    []string
	gone    bool
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
	for step := range 4000 {
		pick := func() *model { return all[r.IntN(len(all))] }
		switch n := r.IntN(20); {
		case n < 2 || len(all) == 0:
			m := &model{subs: map[string]*Subscription{}}
			custom := randomClaims()
			m.session, m.sink = join(t, h, fmt.Sprint("s", step), custom)
			m.claims = m.session.claims
			all = append(all, m)
		case n < 6:
			m, topic := pick(), topics[r.IntN(3)]
			if !m.gone && m.subs[topic] == nil {
				m.subs[topic] = live(h, m.session, topic)
			}
		case n < 8:
			m, topic := pick(), topics[r.IntN(3)]
			if sub := m.subs[topic]; sub != nil && !m.gone {
				h.Unsubscribe(sub, nil)
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
			var rule *target.Rule
			if ev.Target != nil {
				rule = target.Compile(ev.Target)
			}
			if r.IntN(4) == 0 {
				ev.Except = pick().session.ID
			}
			for _, m := range all {
				if !m.gone && m.subs[topic] != nil && m.session.ID != ev.Except && (rule == nil || rule.Admits(m.claims)) {
					m.want = append(m.want, topic+":"+data)
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
