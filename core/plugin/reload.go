package plugin

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/driplet/driplet/core"
)

// Change is what a reload did to a plugin.
type Change struct {
	Plugin    string   `json:"plugin"`
	Old       string   `json:"old"`        // the version that served before; "" none
	New       string   `json:"new"`        // the one that serves now; "" none
	OldHash   string   `json:"old_sha256"` // of its wasm file, hex
	Hash      string   `json:"sha256"`
	Endpoints []string `json:"endpoints"` // where it serves now
	Unchanged bool     `json:"unchanged"` // it served already, to the byte
}

// Reload looks a plugin up again and lets what it finds take the place of what
// serves: a version changed, added (where an endpoint lists it, or lists none)
// or removed. The new one is compiled, checked and initialised for each endpoint
// first; then they change places at once, and events under way end on the old
// one. After an error, which is logged and tells the plugin's author what to do,
// what served goes on serving. Call it after Start, from any goroutine.
func (h *Host) Reload(ctx context.Context, name string) (Change, error) {
	h.changing.Lock()
	defer h.changing.Unlock()
	name = strings.ToLower(name)
	f, err := h.find(name)
	if err != nil {
		return h.reported(Change{Plugin: name}, err, h.mendFiles(name))
	}
	c, err := h.change(ctx, name, f, nil)
	return h.reported(c, err, h.mendFiles(name))
}

// mendPush is what to do about a push that failed: it has written nothing.
const mendPush = "mend it and push it again"

// mendFiles is what to do about files that were refused.
func (h *Host) mendFiles(name string) string {
	const advice = "mend it and put or push it again"
	if slices.ContainsFunc(h.endpoints, func(ep *core.Endpoint) bool { return slices.Contains(h.listed(ep), name) }) {
		return advice + ": the server would not start with these files"
	}
	return advice
}

// ReloadAll is Reload of every plugin that Dir holds, that an endpoint lists,
// or that serves. The errors are joined.
func (h *Host) ReloadAll(ctx context.Context) (changes []Change, err error) {
	for _, name := range h.names() {
		c, failure := h.Reload(ctx, name)
		err = errors.Join(err, failure)
		changes = append(changes, c)
	}
	return changes, err
}

func (h *Host) names() []string {
	h.changing.Lock()
	defer h.changing.Unlock()
	names := map[string]bool{}
	for _, ep := range h.endpoints {
		for _, name := range h.listed(ep) {
			names[name] = true
		}
	}
	for _, t := range *h.tenants.Load() {
		for _, b := range t.bindings {
			names[b.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// change brings f (nil: nothing) into service as the plugin of that name. save
// (may be nil) is called when all is found good, before anything serves.
func (h *Host) change(ctx context.Context, name string, f *files, save func() error) (c Change, err error) {
	c.Plugin = name
	switch {
	case h.closed:
		return c, core.Errorf(core.CodeUnavailable, "the server is stopping")
	case h.svc.Load() == nil:
		return c, core.Errorf(core.CodeUnavailable, "the server is starting")
	}
	tenants := *h.tenants.Load()
	for _, t := range tenants {
		if b := t.binding(name); b != nil {
			c.Old, c.OldHash = b.Version, hex.EncodeToString(b.sum.wasm[:])
		}
	}
	wanted, err := h.wanting(name, f)
	if err != nil {
		return c, err
	}
	for _, ep := range wanted {
		c.Endpoints = append(c.Endpoints, ep.Name)
	}
	if f != nil {
		c.New, c.Hash = f.Version, hex.EncodeToString(f.sum.wasm[:])
	}
	if c.Unchanged = serves(tenants, name, f, wanted); c.Unchanged || len(wanted) == 0 && c.Old == "" && save == nil {
		c.Unchanged = true
		if save != nil {
			err = save()
		}
		return c, err
	}
	defer h.tidyCode()
	next := &succession{host: h, name: name, tenants: maps.Clone(tenants)}
	err = next.prepare(ctx, f, wanted)
	if err == nil && save != nil {
		err = save()
	}
	if err != nil {
		return c, next.abandon(err)
	}
	next.begin()
	return c, nil
}

// wanting are the endpoints that are to have a plugin.
func (h *Host) wanting(name string, f *files) (list []*core.Endpoint, err error) {
	for _, ep := range h.endpoints {
		if ep.Plugins == nil {
			if f != nil && f.own {
				list = append(list, ep)
			}
		} else if slices.ContainsFunc(ep.Plugins, func(p string) bool { return strings.EqualFold(p, name) }) {
			if f == nil {
				return nil, fmt.Errorf("%s.toml is gone, but endpoint %s lists the plugin: put it back, or take %q out of Endpoints.%s.Plugins and start the server anew", name, ep.Name, name, ep.Name)
			}
			list = append(list, ep)
		}
	}
	return list, nil
}

// serves reports whether just that plugin serves just there already.
func serves(tenants map[string]*tenant, name string, f *files, wanted []*core.Endpoint) bool {
	if f == nil {
		return false
	}
	n := 0
	for _, t := range tenants {
		if b := t.binding(name); b != nil {
			if n++; b.sum != f.sum {
				return false
			}
		}
	}
	for _, ep := range wanted {
		if tenants[ep.Name].binding(name) == nil {
			return false
		}
	}
	return n > 0 && n == len(wanted)
}

// reported logs and counts what became of a change, with what to do if it failed.
func (h *Host) reported(c Change, err error, advice string) (Change, error) {
	if err != nil {
		for _, t := range *h.tenants.Load() {
			if b := t.binding(c.Plugin); b != nil {
				c.Old = b.Version
			}
		}
		if c.Old != "" {
			h.Log.Error("a plugin was not reloaded: the version before goes on serving; "+advice, "plugin", c.Plugin, "serving", c.Old, "error", err)
		} else {
			h.Log.Error("a plugin was not loaded: "+advice, "plugin", c.Plugin, "error", err)
		}
	}
	if h.Meter != nil && !(err == nil && c.Unchanged) && validName(c.Plugin) {
		h.Meter.Reloaded(c.Plugin, err == nil)
	}
	if err == nil && !c.Unchanged {
		what := "a plugin was reloaded"
		switch "" {
		case c.New:
			what = "a plugin was taken off: its files are gone"
		case c.Old:
			what = "a plugin was added"
		}
		h.Log.Info(what, "plugin", c.Plugin, "old", c.Old, "new", c.New, "old_sha256", short(c.OldHash), "sha256", short(c.Hash), "endpoints", c.Endpoints)
		if h.Changed != nil {
			h.Changed(c)
		}
	}
	return c, err
}

// short is enough of a hash to tell two versions apart by eye.
func short(hash string) string { return hash[:min(len(hash), 12)] }

// serving tells the meter which version serves a seat now; nil: none.
func (s *seat) serving(old, version string) {
	if m := s.host.Meter; m != nil && old != version {
		m.Serving(s.plugin, s.endpoint.Name, old, version)
	}
}
