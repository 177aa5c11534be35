package node

import (
	"context"

	"golang.org/x/time/rate"

	"github.com/driplet/driplet/core"
)

// Handle does what one decoded frame of a client asks, and answers it. It runs
// in the client's read loop, whose stack should stay small: what is said to the
// client is written here, not where it is said.
func (n *Node) Handle(ctx context.Context, s *Session, c *core.Command) {
	defer n.Hub.Settle()
	var err error
	switch c.Kind {
	case core.CommandSubscribe:
		err = n.subscribe(ctx, s, c)
	case core.CommandUnsubscribe:
		n.unsubscribe(s, c)
	case core.CommandEvent:
		if err = s.spend(); err == nil {
			err = n.clientEvent(ctx, s, c)
		}
	case core.CommandPublish:
		if err = s.spend(); err == nil {
			err = n.clientPublish(ctx, s, c)
		}
	case core.CommandRefresh:
		if err = s.spend(); err == nil {
			err = n.refresh(s, c)
		}
	case core.CommandPing:
		n.say(s, core.Pong{})
		n.say(s, answer(c.ID, core.Reply{ID: c.ID})) // whatever has an id is answered by it
	case core.CommandPresence:
		err = core.Errorf(core.CodeUnavailable, "presence is not served yet")
	case core.CommandHistory:
		if err = s.spend(); err == nil {
			err = n.history(ctx, s, c)
		}
	default:
		err = core.Errorf(core.CodeBadRequest, "this frame asks for nothing that is known here")
	}
	if err != nil {
		n.Refuse(s, c.ID, err)
	}
	if s.refused >= maxRefused {
		s.refused = 0
		n.Close(s, core.CloseRateLimited, "too many events in spite of rate_limited errors: slow down (Limits.EventsPerSecond)")
	}
}

// Refuse answers a request with an error, and counts it. id may be empty: a
// frame that could not be read. Any goroutine may call it.
func (n *Node) Refuse(s *Session, id core.RequestID, err error) {
	e := s.tenant.refuse(err)
	if e.Code == core.CodeInternal {
		n.Log.Error("a client's request failed", "endpoint", s.Endpoint, "err", err)
	}
	n.Hub.Send(s.Session, core.Failure{ID: id, Err: e})
}

// answer is r, or nothing where the client waits for none.
func answer(id core.RequestID, r core.Reply) core.Outgoing {
	if id == "" {
		return nil
	}
	return r
}

// say tells a client something, once the hub settles; nil: nothing.
func (n *Node) say(s *Session, o core.Outgoing) {
	if o != nil {
		n.Hub.Enqueue(s.Session, o)
	}
}

// maxRefused closes a client that goes on at ten times its rate for about ten
// seconds: answering it costs more than doing without it. What it may do takes
// one each off the count, so that twice the rate is refused for ever.
const maxRefused = 2000

// burst lets a client do at once what it may do in this many seconds: a page
// that loads sends several events together.
const burst = 3

// spend takes one event from the client's rate.
func (s *Session) spend() error {
	limit := s.tenant.Limits.EventsPerSecond
	if limit <= 0 {
		return nil
	}
	if s.bucket == nil {
		s.bucket = rate.NewLimiter(rate.Limit(limit), max(1, int(limit*burst)))
	}
	if s.bucket.Allow() {
		s.refused = max(0, s.refused-1)
		return nil
	}
	s.refused++
	return core.Errorf(core.CodeRateLimited, "more than %g events a second (Limits.EventsPerSecond): wait a moment", limit)
}
