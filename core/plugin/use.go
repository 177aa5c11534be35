package plugin

import "sync/atomic"

// use counts the events that go through a tenant, so that what it alone holds
// is closed when the last of them is over.
type use struct {
	users   atomic.Int64
	retired atomic.Bool
	free    chan struct{}   // holds one; told when users falls to 0 after retired
	before  <-chan struct{} // closed when the tenant that this one replaced is over; nil: it was the first
	over    chan struct{}   // closed when this one is
}

func newUse() use {
	return use{free: make(chan struct{}, 1), over: make(chan struct{})}
}

// enter finds an endpoint's plugins for one event, which ends with leave; nil:
// there are none. Everything that an event asks of them is of one moment, and
// stays until leave.
func (h *Host) enter(endpoint string) *tenant {
	for {
		t := h.routes(endpoint)
		if t == nil {
			return nil
		}
		t.use.users.Add(1)
		if !t.use.retired.Load() {
			return t
		}
		t.leave() // another one has taken its place already
	}
}

func (t *tenant) leave() {
	if t.use.users.Add(-1) == 0 && t.use.retired.Load() {
		select {
		case t.use.free <- struct{}{}:
		default:
		}
	}
}

// retire waits for the events under way in a tenant that is in no map any more,
// and in those before it: they share plugins.
func (t *tenant) retire() {
	t.use.retired.Store(true)
	if t.use.before != nil {
		<-t.use.before
	}
	for t.use.users.Load() != 0 {
		<-t.use.free
	}
}
