package plugin

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/driplet/driplet/core"
)

// Load compiles every plugin that one of the endpoints lists, checks it,
// and makes one instance of it for each of those endpoints, so that whatever
// is wrong shows now. The error names all that is. Call it once.
func (h *Host) Load(ctx context.Context, endpoints []*core.Endpoint) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	if err := h.recoverPushes(); err != nil {
		return err
	}
	if h.CacheDir != "" {
		if err := os.MkdirAll(h.CacheDir, 0o750); err != nil {
			return err
		}
	}
	h.endpoints = endpoints
	l := loading{host: h, modules: map[string]*module{}}
	tenants := map[string]*tenant{}
	for _, ep := range endpoints {
		tenants[ep.Name] = l.tenant(ctx, ep)
	}
	if err := l.end(); err != nil {
		return err
	}
	for _, b := range l.bindings {
		b.open()
		b.serving("", b.Version)
	}
	h.tenants.Store(&tenants)
	h.tidyCode()
	for _, s := range h.Plugins() {
		h.Log.Info("a plugin is loaded", "plugin", s.Name, "version", s.Version, "sha256", short(s.Hash), "endpoints", s.where())
	}
	return nil
}

// loading is one Load under way: it goes on after a fault, so that all are told
// at once.
type loading struct {
	host     *Host
	modules  map[string]*module // by name; nil: it failed, which was told
	bindings []*binding
	faults   []error
}

// tenant puts an endpoint's plugins on it; nil: they are not to be routed.
func (l *loading) tenant(ctx context.Context, ep *core.Endpoint) *tenant {
	var bindings []*binding
	for _, name := range l.host.listed(ep) {
		b, err := l.binding(ctx, name, ep)
		if err != nil {
			l.faults = append(l.faults, err)
		} else if b != nil {
			bindings = append(bindings, b)
		}
	}
	l.bindings = append(l.bindings, bindings...)
	t, err := newTenant(ep.Name, bindings)
	if err != nil {
		l.faults = append(l.faults, err)
	}
	return t
}

// binding puts a plugin on an endpoint; nil without an error: it failed before,
// for another endpoint.
func (l *loading) binding(ctx context.Context, name string, ep *core.Endpoint) (*binding, error) {
	mod, known := l.modules[name]
	if !known {
		l.modules[name] = nil
		f, err := l.host.find(name)
		if err == nil && f == nil {
			err = l.host.unknown(name, ep.Name)
		}
		if err != nil {
			return nil, err
		}
		if mod, err = l.host.compile(ctx, f); err != nil {
			return nil, err
		}
		l.modules[name] = mod
	}
	if mod == nil {
		return nil, nil
	}
	return l.host.admit(ctx, mod, ep)
}

// end returns all faults. After one nothing stays that was loaded.
func (l *loading) end() error {
	for _, mod := range l.modules {
		if mod != nil {
			l.faults = append(l.faults, mod.release())
		}
	}
	err := errors.Join(l.faults...)
	if err != nil {
		for _, b := range l.bindings {
			err = errors.Join(err, b.release())
		}
	}
	return err
}

// listed are the plugins that an endpoint is to have, in lower case, each once.
func (h *Host) listed(ep *core.Endpoint) (names []string) {
	list := ep.Plugins
	if list == nil && h.Dir != "" {
		list = Available(h.sources()[:1])
	}
	for _, name := range list {
		if name = strings.ToLower(name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// compile checks and compiles a plugin. The caller releases what it gets.
func (h *Host) compile(ctx context.Context, f *files) (*module, error) {
	f.Limits.Deadline = max(f.Limits.Deadline, h.LeastDeadline)
	mod, err := compile(ctx, f.Manifest, f.wasm, h.CacheDir, h.Unmetered)
	if err != nil {
		return nil, err
	}
	mod.sum, mod.own, mod.loaded = f.sum, f.own, h.Now()
	mod.open = &h.open
	h.open.Add(1)
	return mod, nil
}

// admit puts a plugin on an endpoint and makes its first instance there.
func (h *Host) admit(ctx context.Context, mod *module, ep *core.Endpoint) (*binding, error) {
	b, err := h.bind(mod, ep)
	if err != nil {
		return nil, err
	}
	p := b.pools[0]
	in, err := p.take(ctx, b, 0)
	if err != nil {
		return nil, errors.Join(mod.errorf("on endpoint %s: %w", ep.Name, err), b.release())
	}
	p.put(in)
	return b, nil
}
