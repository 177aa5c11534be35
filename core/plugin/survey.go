package plugin

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
)

// Route is one way for events to a plugin on an endpoint.
type Route struct {
	Kind    Kind          // KindMessage, a hook's, or KindTimer
	Pattern string        // of events or topics; a timer's name; the path of requests; "" for other hooks
	Every   time.Duration // of timers
	Plugin  string
	Version string
}

// Survey is who gets what on an endpoint, as the manifests have it.
type Survey struct {
	// Routes are the events' first, the one that wins before those that would;
	// then hooks in the order in which they are asked, and timers.
	Routes []Route
	tenant *tenant
}

// Survey reads the manifests of an endpoint's plugins, as Load would, without
// compiling anything. The error names all that is wrong.
func (h *Host) Survey(ep *core.Endpoint) (*Survey, error) {
	var bindings []*binding
	var faults []error
	for _, name := range h.listed(ep) {
		f, err := h.find(name)
		if err == nil && f == nil {
			err = h.unknown(name, ep.Name)
		}
		if err != nil {
			faults = append(faults, err)
			continue
		}
		bindings = append(bindings, &binding{module: &module{Manifest: f.Manifest}})
	}
	t, err := newTenant(ep.Name, bindings)
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	s := &Survey{tenant: t}
	for _, r := range t.events {
		s.add(KindMessage, r.pattern.String(), 0, r.b)
	}
	for k, list := range t.hooks {
		for _, b := range list {
			s.hook(Kind(k), ep.Name, b)
		}
	}
	for _, b := range t.bindings {
		for _, name := range slices.Sorted(maps.Keys(b.Timers)) {
			s.add(KindTimer, name, b.Timers[name], b)
		}
	}
	return s, nil
}

func (s *Survey) add(k Kind, pattern string, every time.Duration, b *binding) {
	s.Routes = append(s.Routes, Route{Kind: k, Pattern: pattern, Every: every, Plugin: b.Name, Version: b.Version})
}

// hook adds a hook: a line for each pattern of topics where they count, the
// path of requests from outside.
func (s *Survey) hook(k Kind, endpoint string, b *binding) {
	switch {
	case k == KindHTTP:
		s.add(k, "/hook/"+endpoint+"/"+b.Name, 0, b)
		return
	case !byTopic(core.HookKind(k)):
		s.add(k, "", 0, b)
		return
	}
	for _, p := range b.Topics {
		s.add(k, p.String(), 0, b)
	}
}

// Takers are the routes whose pattern fits an event, the one that gets it first.
func (s *Survey) Takers(event string) []Route {
	var out []Route
	for _, r := range s.tenant.events {
		if strings.HasPrefix(event, r.prefix) && r.pattern.Covers(event) {
			out = append(out, Route{Kind: KindMessage, Pattern: r.pattern.String(), Plugin: r.b.Name, Version: r.b.Version})
		}
	}
	return out
}
