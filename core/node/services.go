package node

import (
	"context"

	"github.com/driplet/driplet/core"
)

// The methods of this file, with Defer and Reply, are what handlers can have
// done. None of them asks for a client's rights: a handler has its own.

// Publish places an event of a handler. It enters no hook again. id, when
// given, makes it idempotent among the endpoint's handlers.
func (n *Node) Publish(ctx context.Context, ev *core.Event, id string) error {
	t, err := n.tenant(ev.Key.Endpoint)
	if err != nil {
		return err
	}
	_, err = n.place(ctx, t, ev, nil, t.Name+"/handlers", id)
	return err
}

// Subscribe puts a session on a topic, if the topic's hooks agree, and tells
// its client.
func (n *Node) Subscribe(ctx context.Context, endpoint string, id core.SessionID, topic string, info []byte) error {
	if err := core.CheckTopic(topic); err != nil {
		return err
	}
	s := n.session(id)
	if s == nil || s.Endpoint != endpoint {
		return core.Errorf(core.CodeNotFound, "the session has ended")
	}
	if s.on(topic) {
		return nil
	}
	defer n.Hub.Settle()
	return n.enter(ctx, s, &entry{topic: topic, info: info, then: core.Subscribed{Topic: topic, Info: info}})
}

// Unsubscribe takes connections off a topic and tells their clients why.
func (n *Node) Unsubscribe(endpoint string, who core.Audience, topic, reason string) error {
	gone := core.Unsubscribed{Topic: topic, Reason: reason}
	for _, s := range n.audience(n.rooms.members(core.TopicKey{Endpoint: endpoint, Topic: topic}), endpoint, who) {
		n.exit(s, topic, gone)
	}
	n.Hub.Settle()
	return nil
}

// Disconnect closes connections for good: their clients do not come back by
// themselves.
func (n *Node) Disconnect(endpoint string, who core.Audience, reason string) error {
	if reason == "" {
		reason = "disconnected by the backend"
	}
	for _, s := range n.audience(n.connected(endpoint), endpoint, who) {
		n.Close(s, core.CloseDisconnected, reason)
	}
	return nil
}

// Subscribed reports whether a session is on a topic.
func (n *Node) Subscribed(endpoint string, id core.SessionID, topic string) bool {
	s := n.session(id)
	return s != nil && s.Endpoint == endpoint && s.on(topic)
}

// Members lists who is on a topic, each public id once, in no order.
func (n *Node) Members(endpoint, topic string) []core.Member {
	var out []core.Member
	seen := map[string]bool{}
	for _, s := range n.rooms.members(core.TopicKey{Endpoint: endpoint, Topic: topic}) {
		if info, on := s.member(topic); on && !seen[s.Public] {
			seen[s.Public] = true
			out = append(out, core.Member{ID: s.Public, Info: info})
		}
	}
	return out
}

// History reads what a topic keeps, see engine.Log. Where the topic's rule keeps
// none, whatever an earlier one kept, it is CodeNotFound.
func (n *Node) History(ctx context.Context, endpoint, topic string, since *core.Position, limit int) (core.Past, error) {
	t, err := n.tenant(endpoint)
	if err != nil {
		return core.Past{}, err
	}
	if !t.keeps(topic) {
		return core.Past{}, core.Errorf(core.CodeNotFound, "the topic %.60q keeps no history", topic)
	}
	return n.Engine.Read(ctx, core.TopicKey{Endpoint: t.Name, Topic: topic}, since, limit)
}

// audience picks those of some sessions that who names.
func (*Node) audience(among []*Session, endpoint string, who core.Audience) []*Session {
	sessions, users := map[core.SessionID]bool{}, map[string]bool{}
	for _, id := range who.Sessions {
		sessions[id] = true
	}
	for _, u := range who.Users {
		users[u] = true
	}
	var out []*Session
	for _, s := range among {
		if s.Endpoint == endpoint && (sessions[s.ID] || users[s.Public]) {
			out = append(out, s)
		}
	}
	return out
}

func (n *Node) connected(endpoint string) []*Session {
	n.mu.RLock()
	defer n.mu.RUnlock()
	out := make([]*Session, 0, len(n.sessions))
	for _, s := range n.sessions {
		if s.Endpoint == endpoint {
			out = append(out, s)
		}
	}
	return out
}
