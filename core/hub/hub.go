// Package hub knows who is connected to this process and what each of them
// hears. Everything that can change or use that passes one ordered mailbox:
// subscribe, release, unsubscribe, a change of claims, replies, deliveries and
// the end of a connection. One goroutine, the drain, takes it in order. So who
// hears an event is decided at the event's place in that order, a reply never
// overtakes what came before it, and nobody who has left, or not yet come,
// hears. Nothing here needs a lock but the mailbox itself (LOCKS.md).
//
// The drain is a turn, not always the same goroutine: what is little is done by
// whoever brings it, as long as nobody else drains (Settle).
//
// The hub knows neither sockets nor dialects: it sees a Sink to write to and an
// Encoder that turns words into bytes.
package hub

import (
	"context"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/metrics"
	"github.com/driplet/driplet/core/target"
)

// Hub is the connected side of one process. Its methods only append to the
// mailbox and return. Some also settle, after some Settle must follow: they say
// so. All may be called from any goroutine, also before Run.
type Hub struct {
	box     mailbox
	rules   *target.Cache
	metrics *metrics.Hub

	// What follows is the drain's alone.
	spaces map[string]*space
	out    outbox
	past   memo
}

// New returns a hub that delivers nothing until Run.
func New(m *metrics.Hub) *Hub {
	h := &Hub{rules: target.NewCache(ruleCacheSize), metrics: m, spaces: map[string]*space{}}
	h.box.init()
	h.out.init()
	return h
}

// ruleCacheSize bounds the compiled targets that are kept: a site addresses few
// groups, and an address that is used once costs less than its entry.
const ruleCacheSize = 4096

// Join makes a session known to its endpoint and says first, usually Welcome.
// It settles.
func (h *Hub) Join(s *Session, first core.Outgoing) {
	h.box.put(op{kind: opJoin, session: s, out: first})
	h.Settle()
}

// Enqueue tells one session something, in its place after all that was put
// before. Settle must follow.
func (h *Hub) Enqueue(s *Session, o core.Outgoing) {
	h.box.put(op{kind: opSend, session: s, out: o})
}

// Send is Enqueue, and settles.
func (h *Hub) Send(s *Session, o core.Outgoing) {
	h.Enqueue(s, o)
	h.Settle()
}

// Subscribe starts holding live events of topic for s, until Release, which
// must follow, and then Settle.
func (h *Hub) Subscribe(s *Session, topic string) *Subscription {
	sub := &Subscription{session: s, name: topic}
	h.box.put(op{kind: opSubscribe, sub: sub})
	return sub
}

// Hold holds the live events of a subscription that has been released again,
// until one Release more.
func (h *Hub) Hold(sub *Subscription) { h.box.put(op{kind: opHold, sub: sub}) }

// Release says reply (nil: nothing), then what was missed, then what was held,
// and from there on what comes. past is what was read since Subscribe or Hold;
// nil: the topic keeps no history. A Reply or Subscribed gets the Position that
// all which follows comes after. Settle must follow.
func (h *Hub) Release(sub *Subscription, reply core.Outgoing, past *Past) {
	h.box.put(op{kind: opRelease, sub: sub, out: reply, past: past})
}

// Unsubscribe ends a subscription and then says last (nil: nothing). Settle must
// follow.
func (h *Hub) Unsubscribe(sub *Subscription, last core.Outgoing) {
	h.box.put(op{kind: opUnsubscribe, sub: sub, out: last})
}

// SetClaims changes by what a session is targeted, and then says reply.
func (h *Hub) SetClaims(s *Session, c *core.Claims, reply core.Outgoing) {
	h.put(op{kind: opClaims, session: s, claims: c, out: reply})
}

// Close writes out what waits for s and then closes it with reason.
func (h *Hub) Close(s *Session, reason core.CloseReason) {
	h.put(op{kind: opClose, session: s, reason: reason})
}

// Leave forgets a session whose connection has ended. Nothing is written to it
// afterwards.
func (h *Hub) Leave(s *Session) { h.put(op{kind: opLeave, session: s}) }

// put has Run do o.
func (h *Hub) put(o op) {
	h.box.put(o)
	h.box.wake()
}

// Deliver hands an event to those who should hear it, once Settle was called.
// Both make Hub an engine.Deliverer: the order of calls is the order that
// subscribers see.
func (h *Hub) Deliver(ev *core.Event) {
	o := op{kind: opDeliver, event: ev}
	if ev.Target != nil {
		o.rule = h.rules.Rule(ev.Target)
	}
	h.box.put(o)
}

// Backlog is how many bytes of events wait in the mailbox. A publisher that
// sees more than MaxBacklog should be told to come again.
func (h *Hub) Backlog() int64 { return h.box.bytes.Load() }

// MaxBacklog bounds what publishers may have waiting: far more than a drain
// ever holds on a machine that keeps up, far less than its memory.
const MaxBacklog = 64 << 20

// Run drains the mailbox until ctx ends, and what is in it then.
func (h *Hub) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, h.box.close)
	defer stop()
	for {
		ops, open := h.box.take()
		h.drain(ops)
		if !open {
			return nil
		}
	}
}
