package hub

import "github.com/driplet/driplet/core"

// Sink is where a session's frames go: a socket, or a response that stays open.
// Only the drain calls it, for one session never two methods at once, so neither
// may block.
type Sink interface {
	// Write takes the whole batch: what the kernel does not take now is the
	// sink's own bounded rest. A sink that can take no more closes itself.
	Write(b *Batch)
	// Close writes a close frame behind what was written, and ends.
	Close(core.CloseReason)
}

// Encoder turns words into the bytes of one dialect. Appending nothing means
// that the dialect does not say it. It holds no state and is shared.
type Encoder interface {
	Dialect() uint8 // below MaxDialects; equal numbers encode alike
	Append(dst []byte, o core.Outgoing) []byte
}

// MaxDialects bounds the numbers that encoders may have.
const MaxDialects = 8

// Session is one connection as the hub sees it.
type Session struct {
	ID       core.SessionID
	Endpoint string

	sink    Sink
	encoder Encoder

	// What follows is the drain's alone.
	claims     *core.Claims
	subs       []*Subscription
	joined     bool
	gone       bool  // closed or left: nothing is written any more
	head, tail int32 // its list in the outbox, 1-based; 0 is none
}

// NewSession describes a connection that is about to Join. claims may be nil:
// a connection without any, which hears nothing that is targeted.
func NewSession(id core.SessionID, endpoint string, c *core.Claims, sink Sink, e Encoder) *Session {
	return &Session{ID: id, Endpoint: endpoint, claims: c, sink: sink, encoder: e}
}

// hears finds the session's live subscription to t. Sessions hold few topics
// (Limits.Subscriptions), so a walk costs less than a map's memory.
func (s *Session) hears(t *topic) bool {
	for _, sub := range s.subs {
		if sub.topic == t {
			return sub.live >= 0
		}
	}
	return false
}
