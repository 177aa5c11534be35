package cases

import (
	"context"
	"sync"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

// Services stands in for node: it remembers who is subscribed and what topics
// keep, hands out handles 1, 2, 3 …, and takes what else plugins do.
type Services struct {
	// Published is told of every publish; may be nil.
	Published func(ev *core.Event, id string)
	// Replied is told of every answer to a deferred request; may be nil.
	Replied func(h core.Handle, data []byte, refusal *core.Error)

	mu       sync.Mutex
	handles  core.Handle
	members  map[string][]core.Member
	sessions map[string]map[core.SessionID]bool // by topic
	past     map[string]core.Past               // by topic
}

var _ plugin.Services = (*Services)(nil)

// SetMembers says who Members lists.
func (s *Services) SetMembers(members map[string][]core.Member) {
	s.mu.Lock()
	s.members = members
	s.mu.Unlock()
}

// SetSubscribed says which sessions are subscribed to which topics.
func (s *Services) SetSubscribed(topics map[string][]core.SessionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions = map[string]map[core.SessionID]bool{}
	for topic, sessions := range topics {
		for _, id := range sessions {
			s.put(topic, id)
		}
	}
}

// SetHandle says which handle is given out next.
func (s *Services) SetHandle(next core.Handle) {
	s.mu.Lock()
	s.handles = next - 1
	s.mu.Unlock()
}

func (s *Services) put(topic string, id core.SessionID) {
	if s.sessions == nil {
		s.sessions = map[string]map[core.SessionID]bool{}
	}
	if s.sessions[topic] == nil {
		s.sessions[topic] = map[core.SessionID]bool{}
	}
	s.sessions[topic][id] = true
}

// Publish is plugin.Services'.
func (s *Services) Publish(_ context.Context, ev *core.Event, id string) error {
	s.mu.Lock()
	s.keep(ev)
	s.mu.Unlock()
	if s.Published != nil {
		s.Published(ev, id)
	}
	return nil
}

// Subscribe is plugin.Services'.
func (s *Services) Subscribe(_ context.Context, _ string, id core.SessionID, topic string, _ []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(topic, id)
	return nil
}

// Unsubscribe is plugin.Services'. Users are not resolved.
func (s *Services) Unsubscribe(_ string, who core.Audience, topic, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range who.Sessions {
		delete(s.sessions[topic], id)
	}
	return nil
}

// Disconnect is plugin.Services'. Users are not resolved.
func (s *Services) Disconnect(_ string, who core.Audience, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, topic := range s.sessions {
		for _, id := range who.Sessions {
			delete(topic, id)
		}
	}
	return nil
}

// Subscribed is plugin.Services'.
func (s *Services) Subscribed(_ string, id core.SessionID, topic string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[topic][id]
}

// Members is plugin.Services'.
func (s *Services) Members(_, topic string) []core.Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.members[topic]
}

// Defer is plugin.Services'.
func (s *Services) Defer(ev *core.ClientEvent, _ string, _ time.Duration) (core.Handle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handles++
	ev.Deferred = s.handles
	return s.handles, nil
}

// Reply is plugin.Services'.
func (s *Services) Reply(h core.Handle, data []byte, refusal *core.Error) error {
	if s.Replied != nil {
		s.Replied(h, data, refusal)
	}
	return nil
}
