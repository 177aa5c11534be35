package hub

import (
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/target"
)

// This file is the hot path: from a placed event to one write for each
// connection that hears it. It runs in the drain alone.

// deliver decides who hears ev, now, and queues the frame for each of them.
func (h *Hub) deliver(ev *core.Event, rule *target.Rule) {
	sp := h.spaces[ev.Key.Endpoint]
	if sp == nil {
		return
	}
	t := sp.topics[ev.Key.Topic]
	if t == nil {
		return
	}
	for _, sub := range t.held {
		if s := sub.session; s.ID != ev.Except && admits(rule, s) {
			sub.waiting = append(sub.waiting, ev)
		}
	}
	frames := frameSet{event: ev}
	switch {
	case upTo(ev.Pos, t.read):
		h.deliverLate(t, rule, &frames)
	case rule == nil && ev.Except == "":
		for i := range t.live {
			h.out.add(t.live[i].session, frames.of(t.live[i].session.encoder))
		}
	case rule == nil:
		for i := range t.live {
			if s := t.live[i].session; s.ID != ev.Except {
				h.out.add(s, frames.of(s.encoder))
			}
		}
	default:
		h.address(sp, t, rule, &frames)
	}
}

// address delivers to those whom rule admits. The index proposes a superset
// when it knows fewer than listen here; otherwise every listener is asked.
func (h *Hub) address(sp *space, t *topic, rule *target.Rule, frames *frameSet) {
	if proposed, ok := sp.members.Propose(rule, len(t.live)); ok {
		for _, s := range proposed {
			if s.ID != frames.event.Except && rule.Admits(s.claims) && s.hears(t) {
				h.out.add(s, frames.of(s.encoder))
			}
		}
		return
	}
	for i := range t.live {
		if s := t.live[i].session; s.ID != frames.event.Except && rule.Admits(s.claims) {
			h.out.add(s, frames.of(s.encoder))
		}
	}
}

func admits(rule *target.Rule, s *Session) bool { return rule == nil || rule.Admits(s.claims) }

// frameSet encodes an event once for each dialect that hears it.
type frameSet struct {
	event *core.Event
	byDia [MaxDialects]*Frame
	tried [MaxDialects]bool
}

func (f *frameSet) of(e Encoder) *Frame {
	d := e.Dialect()
	if !f.tried[d] {
		f.tried[d] = true
		f.byDia[d] = NewFrame(e, f.event)
	}
	return f.byDia[d]
}
