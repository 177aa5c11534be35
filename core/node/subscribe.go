package node

import (
	"context"

	"github.com/driplet/driplet/core"
)

// subscribe answers a client's own request: the topic's rule, then handlers.
func (n *Node) subscribe(ctx context.Context, s *Session, c *core.Command) error {
	if err := core.CheckTopic(c.Topic); err != nil {
		return err
	}
	e := asked(c)
	if s.on(c.Topic) {
		return n.join(ctx, s, e)
	}
	if err := n.maySubscribe(s, c.Topic, c.Proof); err != nil {
		return err
	}
	return n.enter(ctx, s, e)
}

// asked is the entry that a client asks for.
func asked(c *core.Command) *entry {
	r := core.Reply{ID: c.ID, Topic: c.Topic}
	if c.Since != nil {
		r.Recovered = new(bool)
	}
	return &entry{topic: c.Topic, then: answer(c.ID, r), since: c.Since, again: true}
}

// enter puts s on a topic if the handlers let it.
func (n *Node) enter(ctx context.Context, s *Session, e *entry) error {
	if n.wants(s, core.HookSubscribe, e.topic) {
		ev := s.event(core.HookSubscribe)
		ev.Topic, ev.Time, ev.Data = e.topic, n.Now(), e.info
		v, err := n.Hooks.Decide(ctx, ev)
		if err != nil {
			return err
		}
		if v.Data != nil {
			e.info = v.Data
		}
	}
	return n.join(ctx, s, e)
}

// unsubscribe answers a client's own request; being off the topic already is
// no error.
func (n *Node) unsubscribe(s *Session, c *core.Command) {
	reply := answer(c.ID, core.Reply{ID: c.ID, Topic: c.Topic})
	if !n.exit(s, c.Topic, reply) {
		n.say(s, reply)
	}
}
