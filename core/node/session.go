package node

import (
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
)

// Session is one connected client.
type Session struct {
	*hub.Session
	Public string // how others see it

	tenant   *tenant
	address  string // "" where per-address limits are off
	claims   atomic.Pointer[core.Claims]
	version1 bool
	bucket   *rate.Limiter // of events and publishes; nil until the first; the read loop's alone
	refused  int           // by the bucket, less what it let pass; the read loop's alone

	mu     sync.Mutex
	gone   bool
	topics []subscription // few, so a walk costs less than a map's memory
}

// subscription is a topic that the client is on, or about to be.
type subscription struct {
	topic string
	hub   *hub.Subscription
	info  []byte
}

// find returns the place of a topic in topics, -1 if it is not there.
func (s *Session) find(topic string) int {
	return slices.IndexFunc(s.topics, func(sub subscription) bool { return sub.topic == topic })
}

// Claims are what the client's token says; nil for a connection without any.
func (s *Session) Claims() *core.Claims { return s.claims.Load() }

// ExpiryEnforced is when the connection must end, in unix seconds; 0 is never.
func (s *Session) ExpiryEnforced() int64 {
	t, c := s.tenant, s.Claims()
	if c == nil || !t.EnforceExpiry && !(s.version1 && t.Version1 == core.Version1Expire) {
		return 0
	}
	return c.Expires
}

// FrameRate bounds all frames of the client, pings and broken ones included:
// ten times its events, and room to subscribe to everything at once. 0 a
// second is no bound.
func (s *Session) FrameRate() (perSecond float64, burst int) {
	l := s.tenant.Limits
	perSecond = 10 * l.EventsPerSecond
	return perSecond, 2*(int(perSecond)+l.Subscriptions) + 100
}

// ByteRate bounds the bytes of the client's frames: what its events may carry,
// unless the endpoint says otherwise. The burst always holds one message of
// the largest size. 0 a second is no bound.
func (s *Session) ByteRate() (perSecond float64, atOnce int) {
	l := s.tenant.Limits
	perSecond = float64(l.BytesPerSecond)
	if perSecond <= 0 {
		perSecond = l.EventsPerSecond * float64(l.FrameBytes)
	}
	return perSecond, max(l.FrameBytes, int(perSecond*burst))
}

// on reports whether the client is subscribed to topic.
func (s *Session) on(topic string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(topic) >= 0
}

// member tells what others see of the client on topic, if it is on it.
func (s *Session) member(topic string) (info []byte, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(topic)
	if i < 0 {
		return nil, false
	}
	return s.topics[i].info, true
}

// list copies the names of the client's topics.
func (s *Session) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]string, 0, len(s.topics))
	for _, sub := range s.topics {
		out = append(out, sub.topic)
	}
	return out
}

// event starts a description of what this client does, for handlers.
func (s *Session) event(kind core.HookKind) *core.ClientEvent {
	c := s.Claims()
	ev := &core.ClientEvent{Kind: kind, Endpoint: s.Endpoint, Session: s.ID, User: s.Public, Claims: c}
	return ev
}
