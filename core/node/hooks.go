package node

import (
	"context"

	"github.com/driplet/driplet/core"
)

// Hooks decide what clients may do, and answer their events. Decide runs in the
// client's read loop, so that a slow handler slows only its own client. A
// refusal that is a *core.Error reaches the caller as it is.
type Hooks interface {
	// Wants reports whether anybody handles kind for name: an event's name, a
	// topic, or for HookHTTP a plugin's. It is asked for every request and must cost next to nothing.
	Wants(endpoint string, kind core.HookKind, name string) bool
	Decide(ctx context.Context, ev *core.ClientEvent) (core.Verdict, error)
}

// Observer is told what has happened. It never blocks.
type Observer interface {
	Observe(ev *core.ClientEvent)
}

// wants reports whether a handler asked for this of s's endpoint.
func (n *Node) wants(s *Session, kind core.HookKind, name string) bool {
	return n.Hooks != nil && n.Hooks.Wants(s.Endpoint, kind, name)
}

// observe tells the observer what has happened to s.
func (n *Node) observe(s *Session, kind core.HookKind, topic string) {
	if n.Observer == nil || !n.wants(s, kind, topic) {
		return
	}
	ev := s.event(kind)
	ev.Topic, ev.Time = topic, n.Now()
	n.Observer.Observe(ev)
}
