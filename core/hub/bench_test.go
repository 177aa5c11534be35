package hub

import (
	"context"
	"fmt"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/metrics"
)

// nowhere takes everything and does nothing: what remains is the hub.
type nowhere struct{}

func (nowhere) Write(*Batch)           {}
func (nowhere) Close(core.CloseReason) {}

// BenchmarkFanout is the cost of a delivery, without sockets: one message at a
// time, and a backlog of 16.
func BenchmarkFanout(b *testing.B) {
	for _, n := range []int{1, 100, 10000} {
		for _, backlog := range []int{1, 16} {
			b.Run(fmt.Sprintf("subscribers=%d/backlog=%d", n, backlog), func(b *testing.B) {
				h := benchHub(b, n)
				ev := event("t", `{"text":"hello"}`, nil)
				b.ReportAllocs()
				for b.Loop() {
					for range backlog {
						h.Deliver(ev)
					}
					ops := h.box.claim(backlog)
					h.drain(ops)
					h.box.pass(nil)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n*backlog), "ns/delivery")
			})
		}
	}
}

// BenchmarkTarget is one message for one user of many.
func BenchmarkTarget(b *testing.B) {
	for _, n := range []int{1000, 15000, 1000000} {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			h := benchHub(b, n)
			ev := event("t", `{"text":"hello"}`, aim(b, `{"include":{"uid":7}}`))
			b.ReportAllocs()
			for b.Loop() {
				h.Deliver(ev)
				ops := h.box.claim(1)
				h.drain(ops)
				h.box.pass(nil)
			}
		})
	}
}

func benchHub(b *testing.B, n int) *Hub {
	h := New(metrics.New().Hub)
	for i := range n {
		s := NewSession(core.SessionID(fmt.Sprint(i)), "e", claims(b, fmt.Sprintf(`{"uid":%d,"roles":["user","g%d"]}`, i, i%10)), nowhere{}, plain{1})
		h.Join(s, nil)
		live(h, s, "t")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h.Run(ctx)
	h.box.closed, h.box.turn = false, turnFree
	return h
}

// BenchmarkRecovery is a wave of 5,000 clients that come back together and
// have each missed the same 50 messages.
func BenchmarkRecovery(b *testing.B) {
	const sessions, missed = 5000, 50
	h := benchHub(b, sessions)
	var all []*Session
	for i := range sessions {
		s := NewSession(core.SessionID(fmt.Sprint("back", i)), "e", nil, nowhere{}, plain{1})
		h.Join(s, nil)
		all = append(all, s)
	}
	events := make([]*core.Event, missed)
	for i := range events {
		events[i] = placed(uint64(i + 1))
	}
	h.box.turn = turnRun
	b.ReportAllocs()
	for b.Loop() {
		for _, s := range all {
			p := &Past{Head: at(missed), Since: true, Events: events}
			sub := h.Subscribe(s, "t")
			h.Release(sub, core.Reply{ID: "1"}, p)
			h.Unsubscribe(sub, nil)
		}
		ops, _ := h.box.take()
		h.drain(ops)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*sessions), "ns/client")
}
