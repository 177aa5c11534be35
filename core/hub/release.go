package hub

import (
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/target"
)

// Past is what a topic's history told while a subscription was held.
type Past struct {
	// Head is how far the history was read.
	Head core.Position
	// Since says that the client asked for what it had missed: Events and
	// nothing else up to Head, so that what was held up to there is not said
	// again. Otherwise all that was held is said.
	Since bool
	// Events are those that the client missed, oldest first. As a live event
	// each goes to whom it addresses only.
	Events []*core.Event
}

// release says the reply, what was missed and what was held, in this order.
func (h *Hub) release(o *op) {
	sub := o.sub
	if sub.topic == nil || sub.live >= 0 {
		return
	}
	s := sub.session
	if o.past == nil {
		h.say(s, o)
	} else {
		h.catchUp(sub, o.past, o.out)
	}
	if sub.holds--; sub.holds > 0 {
		return
	}
	for _, ev := range sub.waiting {
		if !upTo(ev.Pos, sub.from) {
			h.out.add(s, NewFrame(s.encoder, ev))
		}
	}
	sub.waiting = nil
	sub.topic.release(sub)
}

// catchUp says the reply and what was missed, and settles from where the
// subscription goes on.
func (h *Hub) catchUp(sub *Subscription, p *Past, reply core.Outgoing) {
	s, pos := sub.session, p.Head
	missed := h.Addressed(p.Events, s.ID, s.claims)
	switch {
	case p.Since:
		sub.from = p.Head
		if len(missed) > 0 {
			pos = before(missed[0].Pos)
		}
	default:
		for _, ev := range sub.waiting {
			if upTo(ev.Pos, pos) {
				pos = before(ev.Pos)
				break
			}
		}
		if !sub.begun {
			sub.from = pos
		}
	}
	if t := sub.topic; t.read.Epoch != sub.from.Epoch || t.read.Offset < sub.from.Offset {
		t.read = sub.from
	}
	switch r := reply.(type) {
	case core.Reply:
		r.Pos, r.Missed = pos, len(missed)
		reply = r
	case core.Subscribed:
		r.Pos = pos
		reply = r
	}
	if reply != nil {
		h.out.add(s, NewFrame(s.encoder, reply))
	}
	for _, ev := range missed {
		h.out.add(s, h.past.frame(s.encoder, ev))
	}
}

// upTo reports whether an event at pos was known to who had read up to head.
func upTo(pos, head core.Position) bool {
	return pos.Offset <= head.Offset && pos.Offset > 0 && pos.Epoch == head.Epoch
}

func before(p core.Position) core.Position {
	p.Offset--
	return p
}

// deliverLate is for an event that a reader saw in the history before it came
// here: those who were told of it then are not told again.
func (h *Hub) deliverLate(t *topic, rule *target.Rule, frames *frameSet) {
	ev := frames.event
	for _, l := range t.live {
		if s := l.session; s.ID != ev.Except && !upTo(ev.Pos, l.sub.from) && admits(rule, s) {
			h.out.add(s, frames.of(s.encoder))
		}
	}
}

// Addressed picks the events that a session with these claims may hear.
func (h *Hub) Addressed(events []*core.Event, to core.SessionID, c *core.Claims) []*core.Event {
	for i, ev := range events {
		if !h.addresses(ev, to, c) {
			return h.rest(events[:i:i], events[i+1:], to, c)
		}
	}
	return events
}

// rest appends the addressed ones of events to picked.
func (h *Hub) rest(picked, events []*core.Event, to core.SessionID, c *core.Claims) []*core.Event {
	for _, ev := range events {
		if h.addresses(ev, to, c) {
			picked = append(picked, ev)
		}
	}
	return picked
}

func (h *Hub) addresses(ev *core.Event, to core.SessionID, c *core.Claims) bool {
	return ev.Except != to && (ev.Target == nil || h.rules.Rule(ev.Target).Admits(c))
}
