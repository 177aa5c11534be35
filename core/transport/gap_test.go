package transport_test

import (
	"encoding/json"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
)

// follower is a client that hears a topic with history, and comes back to it.
type follower struct {
	*testkit.Socket
	t     *testing.T
	topic string
	pos   struct {
		Epoch  string `json:"epoch"`
		Offset int    `json:"offset"`
	}
	on   bool // subscribed, as far as it was told
	gaps int
	got  []int // what the messages say, in order
}

// subscribe asks for what it has missed.
func (f *follower) subscribe() {
	since := ""
	if f.pos.Epoch != "" {
		text, _ := json.Marshal(f.pos)
		since = fmt.Sprintf(`,"since":%s`, text)
	}
	f.Say(fmt.Sprintf(`{"type":"subscribe","topic":%q,"id":1%s}`, f.topic, since))
}

// follow reads until it has heard n messages.
func (f *follower) follow(n int) {
	f.t.Helper()
	for len(f.got) < n {
		frame := f.Next()
		if frame.Opcode() != testkit.Text {
			f.t.Fatalf("after %d messages: %.100s", len(f.got), frame)
		}
		var m struct {
			Type, Topic, Reason, Epoch string
			Offset                     *int
			Message                    struct{ N int }
			Recovered                  *bool
		}
		if err := json.Unmarshal(frame.Payload, &m); err != nil {
			f.t.Fatal(err)
		}
		switch {
		case m.Type == "reply":
			if f.pos.Epoch != "" && (m.Recovered == nil || !*m.Recovered || *m.Offset != f.pos.Offset || m.Epoch != f.pos.Epoch) {
				f.t.Fatalf("asked for all since %+v: %s", f.pos, frame.Payload)
			}
			f.on, f.pos.Epoch, f.pos.Offset = true, m.Epoch, *m.Offset
		case m.Type == "unsubscribed" && m.Reason == core.ReasonGap && f.on:
			f.on = false
			f.gaps++
			f.subscribe()
		case m.Type == "message" && m.Topic == f.topic && f.on && *m.Offset == f.pos.Offset+1:
			f.pos.Offset++
			f.got = append(f.got, m.Message.N)
		default:
			f.t.Fatalf("at %+v, subscribed %v: %.200s", f.pos, f.on, frame.Payload)
		}
	}
}

func (f *follower) check(n int) {
	f.t.Helper()
	for i, got := range f.got {
		if got != i {
			f.t.Fatalf("message %d says %d", i, got)
		}
	}
	if len(f.got) != n {
		f.t.Errorf("%d messages of %d", len(f.got), n)
	}
}

const gapMetric = "driplet_gaps_total"

// A client that stops reading now and then is told of each gap once, recovers
// by itself, and so does one whose connection breaks: it hears everything, once
// and in order. Others notice nothing of it.
func TestGapsAreRecovered(t *testing.T) {
	for name, policy := range map[string]core.Overflow{"drop-oldest": core.OverflowDropOldest, "latest": core.OverflowLatest} {
		t.Run(name, func(t *testing.T) {
			s := testkit.Start(t, testkit.Options{
				Endpoint: func(e *core.Endpoint) {
					e.Topics = []core.TopicRule{{Match: testkit.Pattern(t, "k.*"), Overflow: policy, History: core.History{Size: 10_000, Age: time.Hour}}}
					e.Limits.QueueBytes = 256 << 10
				},
				Wrap: func(l net.Listener) net.Listener { return tight{l} },
			})
			s.Witness()
			connect := func() *testkit.Socket {
				w := s.V2(s.User(7))
				w.Conn.(*net.TCPConn).SetReadBuffer(128 << 10)
				return w
			}
			f := &follower{Socket: connect(), t: t, topic: "k.t"}
			f.subscribe()
			sent := 0
			publish := func(n int) {
				for range n {
					s.Publish("k.t", numbered(sent, 3000))
					sent++
				}
			}
			testkit.Until(t, "it is on the topic", func() bool { return s.Metric("driplet_subscriptions") == 3 })
			for range 3 {
				before := s.Metric(gapMetric)
				for s.Metric(gapMetric) == before {
					publish(5)
				}
				testkit.Until(t, "it is off the topic", func() bool { return s.Metric("driplet_subscriptions") == 2 })
				publish(10)
				f.follow(sent)
			}
			if counted := s.Metric(gapMetric); f.gaps != 3 || counted != 3 {
				t.Errorf("%d gaps were told, %v counted", f.gaps, counted)
			}
			for range 3 {
				f.Conn.(*net.TCPConn).SetLinger(0)
				f.Close()
				publish(10)
				f.Socket, f.on = connect(), false
				f.subscribe()
				publish(10)
				f.follow(sent)
			}
			// What is published while a client recovers may overtake its reading once
			// more, on a connection that is cut without anybody to tell.
			if counted, closed := s.Metric(gapMetric), s.Metric(slowMetric); float64(f.gaps) > counted || closed != 0 {
				t.Errorf("%d gaps were told, %v counted, %v connections closed", f.gaps, counted, closed)
			}
			f.check(sent)
		})
	}
}
