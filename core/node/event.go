package node

import (
	"context"

	"github.com/driplet/driplet/core"
)

// clientEvent hands an event to the handler that wants it, and its answer back.
func (n *Node) clientEvent(ctx context.Context, s *Session, c *core.Command) error {
	if !n.wants(s, core.HookMessage, c.Event) {
		return core.Errorf(core.CodeNoHandler, "no plugin or callback handles the event %q on endpoint %s", c.Event, s.Endpoint)
	}
	s.tenant.counts.Events.Inc()
	ev := s.event(core.HookMessage)
	ev.Event, ev.Topic, ev.Request, ev.Data, ev.Time = c.Event, c.Topic, c.ID, c.Data, n.Now()
	v, err := n.Hooks.Decide(ctx, ev)
	switch {
	case err != nil:
		if ev.Deferred != 0 && !n.pending.drop(ev.Deferred) {
			return nil // a later event has answered already
		}
		return err
	case ev.Deferred != 0:
		return nil
	}
	n.say(s, answer(c.ID, core.Reply{ID: c.ID, HasData: true, Data: v.Data}))
	return nil
}
