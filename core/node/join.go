package node

import (
	"context"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
)

// entry is how a client comes onto a topic.
type entry struct {
	topic string
	info  []byte         // what others see of the member; a handler's own wins
	then  core.Outgoing  // said in its place; nil: nothing
	since *core.Position // the client has heard all up to here; nil: it asks for nothing past
	again bool           // a client that is on the topic already is told as well from where it hears
}

// join puts s on a topic.
func (n *Node) join(ctx context.Context, s *Session, e *entry) error {
	if s.reads(e) {
		return n.catchUp(ctx, s, e)
	}
	_, _, err := n.hold(s, e, false)
	return err
}

// catchUp puts s on a topic that keeps a history. What it keeps is read without
// any lock, while the hub holds what comes; whoever takes s off meanwhile has
// the last word.
func (n *Node) catchUp(ctx context.Context, s *Session, e *entry) error {
	sub, fresh, err := n.hold(s, e, true)
	if sub == nil {
		return err
	}
	past, whole, err := n.missed(ctx, s, e)
	switch {
	case err == nil:
		if r, ok := e.then.(core.Reply); ok && r.Recovered != nil {
			r.Recovered = &whole
			e.then = r
		}
		return n.release(s, e, sub, past)
	case fresh:
		n.takeOff(s, ending{topic: e.topic, only: sub})
	default:
		n.Hub.Release(sub, nil, nil)
	}
	return err
}

// reads reports whether the topic's history is to be asked: it keeps one, and
// the client hears of it.
func (s *Session) reads(e *entry) bool {
	return (e.then != nil || e.since != nil) && !s.version1 && s.tenant.keeps(e.topic)
}

// hold enters the mailbox under the topic's stripe, and leaves the subscription
// held if the history is to be read. None is returned where all is said that
// there is to say. fresh: it began here.
func (n *Node) hold(s *Session, e *entry, reads bool) (sub *hub.Subscription, fresh bool, err error) {
	k := core.TopicKey{Endpoint: s.Endpoint, Topic: e.topic}
	st := n.rooms.of(k)
	st.mu.Lock()
	defer st.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := s.tenant.Limits.Subscriptions
	at := s.find(e.topic)
	switch {
	case s.gone:
		return nil, false, core.Errorf(core.CodeUnavailable, "the connection has ended")
	case at >= 0 && reads && e.again:
		n.Hub.Hold(s.topics[at].hub)
		return s.topics[at].hub, false, nil
	case at >= 0:
		n.say(s, e.then)
		return nil, false, nil
	case limit > 0 && len(s.topics) >= limit:
		return nil, false, core.Errorf(core.CodeQuota, "this connection has its %d subscriptions (Limits.Subscriptions): unsubscribe from one first", limit)
	}
	sub = n.Hub.Subscribe(s.Session, e.topic)
	if !reads {
		n.Hub.Release(sub, e.then, nil)
	}
	s.topics = append(s.topics, subscription{e.topic, sub, e.info})
	st.add(k, s)
	return sub, true, nil
}

// release ends what hold began, unless the subscription has ended meanwhile.
func (n *Node) release(s *Session, e *entry, sub *hub.Subscription, past *hub.Past) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.find(e.topic); at < 0 || s.topics[at].hub != sub {
		return core.Errorf(core.CodeUnavailable, "the subscription to %q was ended while its history was read: subscribe again", e.topic)
	}
	n.Hub.Release(sub, e.then, past)
	return nil
}
