package plugin

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/driplet/driplet/core"
)

// Options are what a Host works with. Only Store and ParseTarget must be given.
type Options struct {
	// Sources are searched in turn for NAME.toml or NAME/NAME.toml: a folder of
	// the operator's before what the binary holds.
	Sources []fs.FS
	// CacheDir keeps compiled code from start to start; "" compiles each time.
	CacheDir string
	Store    Store
	// ParseTarget reads the target of a publish; its errors refuse it.
	ParseTarget func(raw []byte) (*core.Target, error)
	Log         *slog.Logger     // nil: slog.Default()
	Now         func() time.Time // nil: time.Now
	Meter       Meter            // may be nil
	Trace       func(*Trace)     // told of every event; nil: no trace is made
	// Dial and Lookup make http_fetch's connections; nil: the network. Dial gets
	// an address that was checked.
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// Sign signs a request of http_fetch whose guest asks for it, with a key of
	// the endpoint's that is derived for plugins, by setting the headers that
	// begin with X-Driplet-. It is given endpoints that have an APISecret; nil:
	// such requests are denied.
	Sign func(ep *core.Endpoint, r *http.Request, body []byte)
	// Transport stands in for http_fetch's whole way out, checks of addresses
	// included; nil: Dial and Lookup.
	Transport http.RoundTripper
	// TakeTurns makes two instances handle events in turn, so that state kept
	// in a guest's memory shows at once: for tests of plugins.
	TakeTurns bool
	// LeastDeadline raises the shorter deadlines of manifests: for tests on
	// machines that are busy with other things.
	LeastDeadline time.Duration
	// Manual leaves timers and observed events alone; Handle gives them.
	Manual bool
	// unmetered lets guests run as they are: benchmarks tell what metering costs.
	unmetered bool
}

// Host runs plugins. Make one with NewHost, then Load, then Start; Close ends it.
type Host struct {
	Options
	cache      wazero.CompilationCache
	background context.Context // ends with Close
	cancel     context.CancelFunc
	running    sync.WaitGroup
	svc        atomic.Pointer[Services]
	tenants    atomic.Pointer[map[string]*tenant]
	modules    []*module

	inflight atomic.Int64 // events being handled, their effects included
	closed   atomic.Bool
	idle     chan struct{} // told when inflight falls to 0 after closed
}

// enter begins an event; false: the host is closing. leave ends it.
func (h *Host) enter() bool {
	h.inflight.Add(1)
	if h.closed.Load() {
		h.leave()
		return false
	}
	return true
}

func (h *Host) leave() {
	if h.inflight.Add(-1) == 0 && h.closed.Load() {
		select {
		case h.idle <- struct{}{}:
		default:
		}
	}
}

// NewHost returns a Host that has loaded nothing.
func NewHost(o Options) *Host {
	h := &Host{Options: o, idle: make(chan struct{}, 1)}
	if h.Log == nil {
		h.Log = slog.Default()
	}
	if h.Now == nil {
		h.Now = time.Now
	}
	if h.Dial == nil {
		h.Dial = new(net.Dialer).DialContext
	}
	if h.Lookup == nil {
		h.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	h.background, h.cancel = context.WithCancel(context.Background())
	h.tenants.Store(&map[string]*tenant{})
	return h
}

// Load compiles every plugin that one of the endpoints lists, checks it,
// and makes one instance of it for each of those endpoints, so that whatever
// is wrong shows now. The error names all that is. Call it once.
func (h *Host) Load(ctx context.Context, endpoints []*core.Endpoint) error {
	if h.CacheDir != "" {
		cache, err := wazero.NewCompilationCacheWithDir(h.CacheDir)
		if err != nil {
			return err
		}
		h.cache = cache
	}
	tenants := map[string]*tenant{}
	loaded := map[string]*module{}
	var faults []error
	for _, ep := range endpoints {
		var bindings []*binding
		for _, name := range ep.Plugins {
			b, err := h.loadFor(ctx, strings.ToLower(name), ep, loaded)
			if err != nil {
				faults = append(faults, err)
			} else if b != nil && !slices.ContainsFunc(bindings, func(o *binding) bool { return o.Name == b.Name }) {
				bindings = append(bindings, b)
			}
		}
		t, err := newTenant(ep.Name, bindings)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		tenants[ep.Name] = t
	}
	if len(faults) > 0 {
		for _, t := range tenants {
			t.drain()
		}
		return errors.Join(append(faults, h.closeModules())...)
	}
	h.tenants.Store(&tenants)
	return nil
}

// loadFor puts a plugin on an endpoint; nil without an error means that it
// failed before, for another endpoint, and was reported.
func (h *Host) loadFor(ctx context.Context, name string, ep *core.Endpoint, loaded map[string]*module) (*binding, error) {
	mod, known := loaded[name]
	if !known {
		loaded[name] = nil
		m, wasm, err := h.find(name, ep.Name)
		if err != nil {
			return nil, err
		}
		m.Limits.Deadline = max(m.Limits.Deadline, h.LeastDeadline)
		if mod, err = compile(ctx, m, wasm, h.cache, h.unmetered); err != nil {
			return nil, err
		}
		loaded[name] = mod
		h.modules = append(h.modules, mod)
	}
	if mod == nil {
		return nil, nil
	}
	b, err := h.bind(mod, ep)
	if err != nil {
		return nil, err
	}
	p := b.pools[0]
	in, err := p.take(ctx, b, 0)
	if err != nil {
		return nil, mod.errorf("on endpoint %s: %w", ep.Name, err)
	}
	p.put(in)
	return b, nil
}

// Start lets plugins act through services, and begins timers and observers.
// Nothing may be asked of the host before.
func (h *Host) Start(ctx context.Context, services Services) error {
	h.svc.Store(&services)
	context.AfterFunc(ctx, h.cancel)
	for _, t := range *h.tenants.Load() {
		for _, b := range t.bindings {
			if err := b.timers.load(ctx, b.Timers, h.Now()); err != nil {
				return b.errorf("its timers on endpoint %s cannot be read: %w", b.endpoint.Name, err)
			}
			if h.Manual {
				continue
			}
			h.running.Go(func() { b.observe(h.background) })
			h.running.Go(func() { b.runTimers(h.background) })
		}
	}
	return nil
}

// Close ends what Start began, waits for running handlers and frees everything.
func (h *Host) Close() error {
	h.cancel()
	tenants := h.tenants.Swap(&map[string]*tenant{})
	h.closed.Store(true)
	for h.inflight.Load() != 0 {
		<-h.idle
	}
	h.running.Wait()
	for _, t := range *tenants {
		t.drain()
	}
	return h.closeModules()
}

func (h *Host) closeModules() error {
	var faults []error
	for _, mod := range h.modules {
		faults = append(faults, mod.close())
	}
	h.modules = nil
	if h.cache != nil {
		faults = append(faults, h.cache.Close(context.Background()))
	}
	return errors.Join(faults...)
}

// drain takes every instance, as it becomes free, out of use.
func (t *tenant) drain() {
	for _, b := range t.bindings {
		for _, p := range b.pools {
			p.drain()
		}
		b.out.client.CloseIdleConnections()
	}
}

func (h *Host) tenant(endpoint string) *tenant { return (*h.tenants.Load())[endpoint] }

func (h *Host) services() Services { return *h.svc.Load() }

// Handle gives one event to a plugin and returns its answer as Decide would:
// for tools that try a plugin out.
func (h *Host) Handle(ctx context.Context, endpoint, plugin string, in *Input) ([]byte, error) {
	t := h.tenant(endpoint)
	if t == nil {
		return nil, core.Errorf(core.CodeNotFound, "endpoint %q has no plugins", endpoint)
	}
	for _, b := range t.bindings {
		if b.Name != plugin {
			continue
		}
		out, err := b.handle(ctx, in, nil, poolWait)
		if err != nil {
			return nil, b.callerError(err)
		}
		if out.refusal != nil {
			return nil, out.refusal
		}
		return out.shown(), nil
	}
	return nil, core.Errorf(core.CodeNotFound, "endpoint %q has no plugin %q", endpoint, plugin)
}
