package plugin

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/driplet/driplet/core"
)

// seat is a plugin's place on an endpoint: what belongs to the two of them and
// not to a version, so that it outlives a reload. Whatever happens there without
// a caller (timers, observed events, answers to fetches) goes to the version
// that serves at that moment.
type seat struct {
	host     *Host
	endpoint *core.Endpoint
	plugin   string
	waiting  waiting
	counters counters
	timers   *timers
	queue    chan *core.ClientEvent
	dropped  atomic.Int64
	ring     ring

	cancel context.CancelFunc // ends the loops; nil: they never began
	loops  sync.WaitGroup
}

// seatKey finds a seat in a host.
type seatKey struct{ plugin, endpoint string }

// seat finds or makes a seat. Under h.changing.
func (h *Host) seat(plugin string, ep *core.Endpoint) *seat {
	key := seatKey{plugin, ep.Name}
	s := h.seats[key]
	if s == nil {
		s = &seat{host: h, endpoint: ep, plugin: plugin, queue: make(chan *core.ClientEvent, queueLength)}
		s.timers = newTimers(h.Store.KV("timers/"+plugin+"/"+ep.Name, timerQuota))
		h.seats[key] = s
	}
	return s
}

// start begins timers and observed events, whose earlier timers were loaded.
func (s *seat) start() {
	ctx, cancel := context.WithCancel(s.host.background)
	s.cancel = cancel
	if s.host.Manual {
		return
	}
	s.loops.Go(func() { s.observe(ctx) })
	s.loops.Go(func() { s.runTimers(ctx) })
}

// stop ends what start began and waits for handlers under way.
func (s *seat) stop() {
	if s.cancel != nil {
		s.cancel()
	}
	s.loops.Wait()
}

// observe works off what was observed.
func (s *seat) observe(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case ev := <-s.queue:
			var input Input
			input.take(ev)
			s.deliver(ctx, &input, ev, func(b *binding) bool { return b.Hooks[ev.Kind] && b.wants(ev.Kind, ev.Topic) })
		}
	}
}

// deliver gives an event that nobody waits for to the version that serves now,
// if that one asks for it (nil: it does). It reports whether the event is over.
func (s *seat) deliver(ctx context.Context, input *Input, ev *core.ClientEvent, asks func(*binding) bool) bool {
	t := s.host.enter(s.endpoint.Name)
	if t == nil {
		return false
	}
	defer t.leave()
	b := t.binding(s.plugin)
	if b == nil {
		return false
	}
	if asks != nil && !asks(b) {
		return true
	}
	return b.unattended(ctx, input, ev)
}
