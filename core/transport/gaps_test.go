package transport

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
	"github.com/driplet/driplet/core/wire"
)

// gapList remembers what it is told.
type gapList struct{ topics []string }

func (g *gapList) gap(topic string) { g.topics = append(g.topics, topic) }

// place writes a message that has a place in its topic's history.
func (p *pipe) place(topic string, policy core.Overflow, n, size int) {
	ev := &core.Event{Key: core.TopicKey{Endpoint: "e", Topic: topic}, Overflow: policy, Pos: core.Position{Epoch: "x", Offset: uint64(n)},
		Data: []byte(fmt.Sprintf(`"%s%d%s"`, topic, n, strings.Repeat(".", size)))}
	p.out.write(&hub.Batch{Frames: []*hub.Frame{hub.NewFrame(wire.V1, ev)}})
}

// notice writes that the subscription to topic ended with a gap; a version 1
// message stands in its place for the test to read.
func (p *pipe) notice(topic string) {
	p.out.write(&hub.Batch{Frames: []*hub.Frame{hub.NewFrame(gapWord{wire.V1}, core.Unsubscribed{Topic: topic, Reason: core.ReasonGap})}})
}

type gapWord struct{ hub.Encoder }

func (e gapWord) Append(dst []byte, o core.Outgoing) []byte {
	return fmt.Appendf(dst, `{"message":"gap in %s"}`, o.(core.Unsubscribed).Topic)
}

func TestGapOfATopicWithHistory(t *testing.T) {
	for _, policy := range []core.Overflow{core.OverflowDropOldest, core.OverflowLatest} {
		t.Run(fmt.Sprint(policy), func(t *testing.T) {
			overBoth(t, 100<<10, func(t *testing.T, p *pipe) {
				told := &gapList{}
				p.out.gaps.told = told
				for n := 1; n <= 3000; n++ {
					p.place("t", policy, n, 8000)
				}
				if !slices.Equal(told.topics, []string{"t"}) {
					t.Fatalf("the gaps that were told of: %q", told.topics)
				}
				p.notice("t")
				p.say("t", core.OverflowClose, "again", 0)
				p.say("u", core.OverflowClose, "end", 0)
				texts, closed := p.all(t)
				last := len(texts) - 1
				if closed != "" || last < 3 || !slices.Equal(texts[last-2:], []string{"gap in t", "again", "end"}) {
					t.Fatalf("%d messages, closed with %q, the last %q", len(texts), closed, texts[max(0, last-4):])
				}
				for i, text := range texts[:last-2] {
					if text != fmt.Sprint("t", i+1) {
						t.Fatalf("message %d is %s", i+1, text)
					}
				}
			})
		})
	}
}

// Who cannot be told loses messages as if there were no history.
func TestNoGapForWhoCannotBeTold(t *testing.T) {
	overBoth(t, 100<<10, func(t *testing.T, p *pipe) {
		for n := 1; n <= 3000; n++ {
			p.place("t", core.OverflowDropOldest, n, 8000)
		}
		p.say("u", core.OverflowClose, "end", 0)
		texts, _ := p.all(t)
		if n := len(texts); n > 2500 || texts[n-2] != "t3000" {
			t.Errorf("%d messages, the last %q", n, texts[max(0, n-3):])
		}
	})
}

// Messages of other topics make room, or stay, as their policy says; what is
// not kept of a topic with a gap goes with it; control frames stay.
func TestGapAmongOthers(t *testing.T) {
	q := &queue{}
	var gaps []string
	q.gap = func(topic string) { gaps = append(gaps, topic) }
	add := func(topic string, policy core.Overflow, offset uint64, size int) {
		f := &hub.Frame{Topic: topic, Overflow: policy, Kept: offset > 0}
		q.add(waitingFrame{f, make([]byte, size)})
	}
	add("", core.OverflowClose, 0, 10)
	add("kept", core.OverflowDropOldest, 1, 20)
	add("plain", core.OverflowDropOldest, 0, 30)
	add("kept", core.OverflowDropOldest, 2, 40)
	add("kept", core.OverflowDropOldest, 0, 50)
	add("close", core.OverflowClose, 1, 60)
	size := q.bytes()
	for i, want := range []struct{ dropped, gaps int }{{90, 1}, {20, 2}, {30, 2}} {
		if !q.makeRoom() {
			t.Fatalf("step %d made no room", i)
		}
		if got := size - q.bytes(); got != want.dropped || len(gaps) != want.gaps {
			t.Errorf("step %d dropped %d bytes, gaps %q", i, got, gaps)
		}
		size = q.bytes()
	}
	if q.makeRoom() || q.waiting != 2 {
		t.Errorf("%d frames wait, want the two that may not be lost", q.waiting)
	}
	if a, b := q.take(), q.take(); len(a.bytes) != 10 || len(b.bytes) != 60 {
		t.Errorf("they are of %d and %d bytes", len(a.bytes), len(b.bytes))
	}
}
