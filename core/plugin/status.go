package plugin

import (
	"cmp"
	"encoding/hex"
	"maps"
	"slices"
	"time"
)

// Status is a plugin as it serves now, for operators.
type Status struct {
	Name      string            `json:"name"`
	Version   string            `json:"version"`
	Hash      string            `json:"sha256"`          // of the wasm file, hex
	Manifest  string            `json:"manifest_sha256"` // of the manifest, hex
	Loaded    time.Time         `json:"loaded"`
	Events    []string          `json:"events"` // patterns
	Topics    []string          `json:"topics"` // patterns
	Hooks     []string          `json:"hooks"`
	Timers    map[string]string `json:"timers"` // name to interval
	Endpoints []Standing        `json:"endpoints"`
}

// Standing is a plugin on one endpoint.
type Standing struct {
	Name         string  `json:"name"`
	Instances    int     `json:"instances"`     // made
	MaxInstances int     `json:"max_instances"` // there may be
	Breaker      string  `json:"breaker"`       // "closed", or "open": paused after failures
	Pause        float64 `json:"pause"`         // seconds left of it
	Queued       int     `json:"queued"`        // observed events that wait
}

// Plugins lists what serves, by name.
func (h *Host) Plugins() []Status {
	now := time.Now()
	byName := map[string]*Status{}
	for _, endpoint := range slices.Sorted(maps.Keys(*h.tenants.Load())) {
		t := h.routes(endpoint)
		if t == nil {
			continue // closed meanwhile
		}
		for _, b := range t.bindings {
			if byName[b.Name] == nil {
				byName[b.Name] = b.status()
			}
			s := byName[b.Name]
			s.Endpoints = append(s.Endpoints, b.standing(now))
		}
	}
	list := []Status{}
	for _, s := range byName {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Status) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func (mod *module) status() *Status {
	s := &Status{
		Name: mod.Name, Version: mod.Version, Hash: hex.EncodeToString(mod.sum.wasm[:]), Manifest: hex.EncodeToString(mod.sum.manifest[:]),
		Loaded: mod.loaded.UTC(), Events: []string{}, Topics: []string{}, Hooks: []string{}, Timers: map[string]string{},
	}
	for _, p := range mod.Events {
		s.Events = append(s.Events, p.String())
	}
	for _, p := range mod.Topics {
		s.Topics = append(s.Topics, p.String())
	}
	for k, wanted := range mod.Hooks {
		if wanted {
			s.Hooks = append(s.Hooks, Kind(k).String())
		}
	}
	for name, every := range mod.Timers {
		s.Timers[name] = every.String()
	}
	return s
}

// where are the endpoints' names.
func (s *Status) where() (names []string) {
	for _, e := range s.Endpoints {
		names = append(names, e.Name)
	}
	return names
}

func (b *binding) standing(now time.Time) Standing {
	s := Standing{Name: b.endpoint.Name, Breaker: "closed", Queued: len(b.queue)}
	for _, p := range b.pools {
		s.MaxInstances += cap(p.slots)
		s.Instances += cap(p.slots) - len(p.slots)
	}
	if left, open := b.breaker.open(now); open {
		s.Breaker, s.Pause = "open", left.Seconds()
	}
	return s
}
