package plugin

import (
	"errors"
	"slices"
	"strings"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin/meter"
)

// Asked is an import of a module, and what its manifest says to it.
type Asked struct {
	meter.Extern
	Needs   string `json:"needs,omitempty"`   // the manifest's key under [capabilities]; "" is none
	Granted string `json:"granted,omitempty"` // what the manifest grants of it; "" is nothing
	Fault   string `json:"fault,omitempty"`   // why a server would not load it, and what to do
}

// Module is what guests import Driplet's calls from.
const Module = abiModule

// MemoryLimit is how much memory an instance may take, in bytes. m may be nil.
func MemoryLimit(m *Manifest, wasm []byte) int64 {
	switch {
	case m != nil && m.Limits.Memory > 0:
		return m.Limits.Memory
	case importsWASI(wasm):
		return DefaultWASIMemory
	}
	return DefaultMemory
}

// Ask tells of every import of the module wasm what it needs. m may be nil:
// then nothing is granted, and that is no fault.
func Ask(wasm []byte, imports []meter.Extern, m *Manifest) []Asked {
	out := make([]Asked, 0, len(imports))
	for _, e := range imports {
		a := Asked{Extern: e}
		fault := checkImport(e.Module, e.Name, e.Type)
		spec := importNamed(e.Name)
		if fault == nil && e.Module == abiModule && spec.needs != needsNothing {
			if a.Needs, _ = spec.needs.advice(); spec.needs == needsMembership {
				a.Needs = "subscribe or presence"
			}
			if m != nil {
				a.Granted = m.Grants.text(spec.needs)
				fault = m.checkGrant(spec)
				if refused := (*ungranted)(nil); errors.As(fault, &refused) {
					refused.find(wasm)
				}
			}
		}
		if fault != nil {
			a.Fault = fault.Error()
		}
		out = append(out, a)
	}
	return out
}

// text is what is granted, as the manifest has it.
func (g *Grants) text(c capability) string {
	list := func(patterns []core.Pattern) string {
		texts := make([]string, len(patterns))
		for i, p := range patterns {
			texts[i] = p.String()
		}
		return strings.Join(texts, ", ")
	}
	switch c {
	case needsPublish:
		return list(g.Publish)
	case needsSubscribe:
		return list(g.Subscribe)
	case needsPresence:
		return list(g.Presence)
	case needsHistory:
		return list(g.History)
	case needsMembership:
		all := slices.Concat(g.Presence, g.Subscribe)
		return list(slices.CompactFunc(all, func(a, b core.Pattern) bool { return a.String() == b.String() }))
	case needsKV:
		if g.KV == 0 {
			return ""
		}
		return core.FormatSize(g.KV)
	case needsHTTP:
		texts := make([]string, len(g.HTTP))
		for i, p := range g.HTTP {
			texts[i] = p.scheme + "://" + p.host + p.path
		}
		for _, key := range g.HTTPConfig {
			texts = append(texts, "config."+key)
		}
		return strings.Join(texts, ", ")
	}
	return ""
}
