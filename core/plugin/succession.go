package plugin

import (
	"context"
	"errors"
	"slices"

	"github.com/driplet/driplet/core"
)

// succession is one plugin's next version on its way into service.
type succession struct {
	host    *Host
	name    string
	tenants map[string]*tenant // as they will be
	fresh   []*binding
	gone    []departure
}

// departure is a tenant that is replaced, and the version that ends with it.
type departure struct {
	t *tenant
	b *binding // nil: the plugin is new there
}

// prepare compiles and checks f (nil: the plugin goes) for the endpoints that
// want it, and routes it beside their other plugins. Nobody sees any of it yet.
func (s *succession) prepare(ctx context.Context, f *files, wanted []*core.Endpoint) error {
	h := s.host
	if f != nil {
		mod, err := h.compile(ctx, f)
		if err != nil {
			return err
		}
		defer func() { h.freed(mod.release()) }()
		var faults []error
		for _, ep := range wanted {
			b, err := h.admit(ctx, mod, ep)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			s.fresh = append(s.fresh, b)
		}
		if len(faults) > 0 {
			return errors.Join(faults...)
		}
	}
	for _, ep := range h.endpoints {
		if err := s.route(ep); err != nil {
			return err
		}
	}
	for _, b := range s.fresh {
		if b.cancel == nil { // a new seat
			if err := b.timers.load(ctx); err != nil {
				return b.errorf("its timers on endpoint %s cannot be read: %w", b.endpoint.Name, err)
			}
		}
	}
	return nil
}

// route makes an endpoint's next tenant, if it changes.
func (s *succession) route(ep *core.Endpoint) error {
	t := s.tenants[ep.Name]
	old, list := t.binding(s.name), slices.Clone(t.bindings)
	list = slices.DeleteFunc(list, func(b *binding) bool { return b == old })
	for _, b := range s.fresh {
		if b.endpoint.Name == ep.Name {
			list = append(list, b)
		}
	}
	if old == nil && len(list) == len(t.bindings) {
		return nil
	}
	next, err := newTenant(ep.Name, list)
	if err != nil {
		return err
	}
	next.use.before = t.use.over
	s.tenants[ep.Name] = next
	s.gone = append(s.gone, departure{t, old})
	return nil
}

// abandon frees what prepare made and returns why.
func (s *succession) abandon(why error) error {
	for _, b := range s.fresh {
		s.host.freed(b.release())
	}
	for key, seat := range s.host.seats {
		if seat.cancel == nil {
			delete(s.host.seats, key)
		}
	}
	return why
}

// begin lets the new version serve and the old one end.
func (s *succession) begin() {
	h := s.host
	for _, b := range s.fresh {
		b.open()
	}
	h.tenants.Store(&s.tenants)
	for _, b := range s.fresh {
		b.timers.repeat(b.Timers, h.Now())
		if b.cancel == nil {
			b.start()
			b.serving("", b.Version)
		}
	}
	for _, d := range s.gone {
		if d.b != nil {
			s.leave(d.b)
		}
		h.running.Go(func() {
			d.t.retire()
			if d.b != nil {
				h.freed(d.b.release())
			}
			close(d.t.use.over)
		})
	}
}

// leave ends a seat that has no successor.
func (s *succession) leave(old *binding) {
	for _, b := range s.fresh {
		if b.seat == old.seat {
			b.serving(old.Version, b.Version)
			return
		}
	}
	old.stop()
	delete(s.host.seats, seatKey{s.name, old.endpoint.Name})
	old.serving(old.Version, "")
}

// freed logs what goes wrong when nobody is left to tell.
func (h *Host) freed(err error) {
	if err != nil {
		h.Log.Error("an old version of a plugin could not be freed", "error", err)
	}
}
