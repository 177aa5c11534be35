package node

import (
	"context"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// filter asks the publish hooks about what s, or with nil a backend, publishes
// on a topic; nil: nobody wants to be asked. Rights and limits were checked
// before; what the hooks let through is placed.
func (n *Node) filter(t *tenant, s *Session, topic string) engine.Filter {
	if n.Hooks == nil || !n.Hooks.Wants(t.Name, core.HookPublish, topic) {
		return nil
	}
	return func(ctx context.Context, ev *core.Event) (*core.Event, error) {
		asked := &core.ClientEvent{Kind: core.HookPublish, Endpoint: t.Name}
		if s != nil {
			asked = s.event(core.HookPublish)
		}
		asked.Event, asked.Topic, asked.Data, asked.Target, asked.Time = ev.Name, topic, ev.Data, ev.Target, n.Now()
		v, err := n.Hooks.Decide(ctx, asked)
		if err != nil || v.Drop {
			return nil, err
		}
		placed := *ev
		placed.Data, placed.Target = v.Data, v.Target
		return &placed, nil
	}
}
