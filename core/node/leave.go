package node

import (
	"slices"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
)

// ending says how a subscription ends.
type ending struct {
	topic  string
	last   core.Outgoing     // said in its place; nil: nothing
	always bool              // last is said also where the client is not on the topic
	only   *hub.Subscription // nil: whichever there is
}

// exit takes s off a topic and says last; it reports whether s was on it.
func (n *Node) exit(s *Session, topic string, last core.Outgoing) bool {
	return n.takeOff(s, ending{topic: topic, last: last})
}

func (n *Node) takeOff(s *Session, e ending) bool {
	k := core.TopicKey{Endpoint: s.Endpoint, Topic: e.topic}
	st := n.rooms.of(k)
	st.mu.Lock()
	s.mu.Lock()
	at := s.find(e.topic)
	if at >= 0 && e.only != nil && s.topics[at].hub != e.only {
		at = -1
	}
	switch {
	case at >= 0:
		n.Hub.Unsubscribe(s.topics[at].hub, e.last)
		s.topics = slices.Delete(s.topics, at, at+1)
		st.remove(k, s)
	case e.always && !s.gone:
		n.say(s, e.last)
	}
	s.mu.Unlock()
	st.mu.Unlock()
	if at < 0 {
		return false
	}
	n.observe(s, core.HookUnsubscribe, e.topic)
	return true
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
