package node

import (
	"context"
	"slices"

	"github.com/driplet/driplet/core"
)

// subscribe answers a client's own request: the topic's rule, then handlers.
func (n *Node) subscribe(ctx context.Context, s *Session, c core.Command) error {
	if c.Since != nil {
		return core.Errorf(core.CodeUnavailable, "history is not kept here: subscribe without \"since\"")
	}
	if err := core.CheckTopic(c.Topic); err != nil {
		return err
	}
	reply := answer(c.ID, core.Reply{ID: c.ID, Topic: c.Topic})
	if s.on(c.Topic) {
		n.say(s, reply)
		return nil
	}
	if err := n.maySubscribe(s, c.Topic); err != nil {
		return err
	}
	return n.enter(ctx, s, c.Topic, nil, reply)
}

// answer is r, or nothing where the client waits for none.
func answer(id core.RequestID, r core.Reply) core.Outgoing {
	if id == "" {
		return nil
	}
	return r
}

func (n *Node) say(s *Session, o core.Outgoing) {
	if o != nil {
		n.Hub.Send(s.Session, o)
	}
}

// enter puts s on a topic if the handlers let it, and says then (nil: nothing)
// in its place. info is what others see of the member; a handler's own wins.
func (n *Node) enter(ctx context.Context, s *Session, topic string, info []byte, then core.Outgoing) error {
	if n.wants(s, core.HookSubscribe, topic) {
		ev := s.event(core.HookSubscribe)
		ev.Topic, ev.Time, ev.Data = topic, n.Now(), info
		v, err := n.Hooks.Decide(ctx, ev)
		if err != nil {
			return err
		}
		if v.Data != nil {
			info = v.Data
		}
	}
	return n.place(s, topic, info, then)
}

// wants reports whether a handler asked for this of s's endpoint.
func (n *Node) wants(s *Session, kind core.HookKind, name string) bool {
	return n.Hooks != nil && n.Hooks.Wants(s.Endpoint, kind, name)
}

// place enters the mailbox under the topic's stripe.
func (n *Node) place(s *Session, topic string, info []byte, then core.Outgoing) error {
	k := core.TopicKey{Endpoint: s.Endpoint, Topic: topic}
	st := n.rooms.of(k)
	st.mu.Lock()
	defer st.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := s.tenant.Limits.Subscriptions
	switch {
	case s.gone:
		return core.Errorf(core.CodeUnavailable, "the connection has ended")
	case s.find(topic) >= 0:
		n.say(s, then)
		return nil
	case limit > 0 && len(s.topics) >= limit:
		return core.Errorf(core.CodeQuota, "this connection has its %d subscriptions (Limits.Subscriptions): unsubscribe from one first", limit)
	}
	sub := n.Hub.Subscribe(s.Session, topic)
	n.Hub.Release(sub, then, nil)
	s.topics = append(s.topics, subscription{topic, sub, info})
	st.add(k, s)
	return nil
}

// exit takes s off a topic and says last; it reports whether s was on it.
func (n *Node) exit(s *Session, topic string, last core.Outgoing) bool {
	k := core.TopicKey{Endpoint: s.Endpoint, Topic: topic}
	st := n.rooms.of(k)
	st.mu.Lock()
	s.mu.Lock()
	at := s.find(topic)
	if at >= 0 {
		n.Hub.Unsubscribe(s.topics[at].hub, last)
		s.topics = slices.Delete(s.topics, at, at+1)
		st.remove(k, s)
	}
	s.mu.Unlock()
	st.mu.Unlock()
	if at < 0 {
		return false
	}
	n.observe(s, core.HookUnsubscribe, topic)
	return true
}

// unsubscribe answers a client's own request; being off the topic already is
// no error.
func (n *Node) unsubscribe(s *Session, c core.Command) {
	reply := answer(c.ID, core.Reply{ID: c.ID, Topic: c.Topic})
	if !n.exit(s, c.Topic, reply) {
		n.say(s, reply)
	}
}

// leaveAll takes a session that has ended off all its topics, and names them.
// Once it is marked as gone no topic can be added.
func (n *Node) leaveAll(s *Session) []string {
	s.mu.Lock()
	topics := s.topics
	s.topics, s.gone = nil, true
	s.mu.Unlock()
	names := make([]string, 0, len(topics))
	for _, sub := range topics {
		topic := sub.topic
		k := core.TopicKey{Endpoint: s.Endpoint, Topic: topic}
		st := n.rooms.of(k)
		st.mu.Lock()
		st.remove(k, s)
		st.mu.Unlock()
		names = append(names, topic)
	}
	return names
}
