package node

import (
	"sync"

	"github.com/driplet/driplet/core"
)

// gaps lists subscriptions that are to end because a slow connection did not
// get all of a topic that keeps history. The list is bounded by the
// subscriptions: of each topic a connection reports one gap, until it was told.
type gaps struct {
	mu   sync.Mutex
	open []gap
	come chan struct{} // holds one when there may be some
}

type gap struct {
	session *Session
	topic   string
}

func (g *gaps) init() { g.come = make(chan struct{}, 1) }

func (g *gaps) take() []gap {
	g.mu.Lock()
	defer g.mu.Unlock()
	open := g.open
	g.open = nil
	return open
}

// Gap ends s's subscription to a topic of which messages were dropped on their
// way to it, and tells its client by an Unsubscribed with core.ReasonGap. That
// happens soon, in Run: the caller may hold locks, and waits for nothing.
func (n *Node) Gap(s *Session, topic string) {
	n.gaps.mu.Lock()
	n.gaps.open = append(n.gaps.open, gap{s, topic})
	n.gaps.mu.Unlock()
	select {
	case n.gaps.come <- struct{}{}:
	default:
	}
}

// endGaps tells clients of their gaps. One that has left the topic meanwhile is
// told as well: its connection waits for that word, and holds back until then
// what may come of a new subscription.
func (n *Node) endGaps() {
	for _, g := range n.gaps.take() {
		notice := core.Unsubscribed{Topic: g.topic, Reason: core.ReasonGap}
		n.takeOff(g.session, ending{topic: g.topic, last: notice, always: true})
	}
	n.Hub.Settle()
}
