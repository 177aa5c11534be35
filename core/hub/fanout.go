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

// outbox collects what a drained batch says to whom: one chain of frames per
// dirty session, all chains in one slice, so that nothing is allocated and an
// idle session holds nothing.
type outbox struct {
	chain []link
	dirty []*Session
	batch Batch
	next  []*Frame
}

type link struct {
	frame *Frame
	next  int32 // 1-based; 0 ends the chain
}

func (o *outbox) add(s *Session, f *Frame) {
	if f == nil || s.gone {
		return
	}
	o.chain = append(o.chain, link{frame: f})
	at := int32(len(o.chain))
	if s.head == 0 {
		s.head = at
		o.dirty = append(o.dirty, s)
	} else {
		o.chain[s.tail-1].next = at
	}
	s.tail = at
}

// write makes one write for each dirty session. Neighbours usually get the same
// frames: their bytes are joined once.
func (o *outbox) write() (frames, writes int) {
	for _, s := range o.dirty {
		if s.head != 0 {
			frames += o.writeTo(s)
			writes++
		}
	}
	clear(o.chain)
	clear(o.dirty)
	clear(o.batch.Frames)
	clear(o.next)
	o.chain, o.dirty = o.chain[:0], o.dirty[:0]
	o.batch.Frames, o.next = o.batch.Frames[:0], o.next[:0]
	return frames, writes
}

func (o *outbox) writeTo(s *Session) int {
	o.next = o.next[:0]
	same := true
	for i := s.head; i != 0; i = o.chain[i-1].next {
		f := o.chain[i-1].frame
		n := len(o.next)
		same = same && n < len(o.batch.Frames) && o.batch.Frames[n] == f
		o.next = append(o.next, f)
	}
	s.head, s.tail = 0, 0
	if !same || len(o.next) != len(o.batch.Frames) {
		o.batch.Frames, o.next = o.next, o.batch.Frames
		o.batch.changed()
	}
	s.sink.Write(&o.batch)
	return len(o.batch.Frames)
}
