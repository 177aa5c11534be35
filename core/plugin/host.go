package plugin

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin/lane"
)

// Options are what a Host works with. Only Store and ParseTarget must be given.
type Options struct {
	// Dir is the operator's folder of plugins, searched before Sources for
	// NAME.toml or NAME/NAME.toml. Endpoints whose list of plugins is nil get all
	// that it holds; Watch looks at it, and Push writes into it. "": none.
	Dir string
	// Sources are searched in turn: what the binary holds.
	Sources []fs.FS
	// CacheDir keeps the compiled code of what serves from start to start, and
	// belongs to one host; "" compiles each time.
	CacheDir string
	Store    Store
	// ParseTarget reads the target of a publish; its errors refuse it.
	ParseTarget func(raw []byte) (*core.Target, error)
	Log         *slog.Logger     // nil: slog.Default()
	Now         func() time.Time // nil: time.Now
	Meter       Meter            // may be nil
	Trace       func(*Trace)     // told of every event; nil: no trace is made
	// Changed is told of every reload that changed something, one after the
	// other; it must not ask for another. nil: nobody.
	Changed func(Change)
	// Dial and Lookup make http_fetch's connections; nil: the network. Dial gets
	// an address that was checked, several at a time where a host has several,
	// and ends with ctx.
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
	// HeapRoom is by how many bytes more the process's heap may grow between two
	// collections while guests take long: collections have others wait. It is set
	// by debug.SetGCPercent, so one host of a process may have it; a memory limit
	// still holds. 0: none.
	HeapRoom int64
	// Manual leaves timers and observed events alone, which Handle gives, and
	// pauses no plugin that fails.
	Manual bool
	// Unmetered lets guests run as they are, and nothing stops them: benchmarks
	// tell what metering costs.
	Unmetered bool
}

// Host runs plugins. Make one with NewHost, then Load, then Start; Close ends it.
type Host struct {
	Options
	background context.Context // ends with Close
	cancel     context.CancelFunc
	running    sync.WaitGroup
	svc        atomic.Pointer[Services]
	tenants    atomic.Pointer[map[string]*tenant] // by endpoint: the map and what it holds never change
	open       atomic.Int64                       // modules
	traces     atomic.Uint64                      // kept so far
	spare      sync.Pool                          // of *effects, empty
	rooms      sync.Pool                          // of *[]byte, largeBytes each
	lane       *lane.Lane                         // for guests that take long

	// Whoever changes what serves holds changing.
	changing  sync.Mutex
	endpoints []*core.Endpoint
	seats     map[seatKey]*seat
	closed    bool
}

// NewHost returns a Host that has loaded nothing.
func NewHost(o Options) *Host {
	h := &Host{Options: o, seats: map[seatKey]*seat{}, lane: lane.New(o.HeapRoom)}
	if h.Log == nil {
		h.Log = slog.Default()
	}
	if h.Now == nil {
		h.Now = time.Now
	}
	h.background, h.cancel = context.WithCancel(context.Background())
	h.tenants.Store(&map[string]*tenant{})
	return h
}

// Start lets plugins act through services, and begins timers and observers.
// Nothing may be asked of the host before.
func (h *Host) Start(ctx context.Context, services Services) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	h.svc.Store(&services)
	context.AfterFunc(ctx, h.cancel)
	for _, t := range *h.tenants.Load() {
		for _, b := range t.bindings {
			if err := b.timers.load(ctx); err != nil {
				return b.errorf("its timers on endpoint %s cannot be read: %w", b.endpoint.Name, err)
			}
			b.timers.repeat(b.Timers, h.Now())
			b.start()
		}
	}
	return nil
}

// Close ends what Start began, waits for running handlers and frees everything.
func (h *Host) Close() error {
	h.cancel()
	h.changing.Lock()
	defer h.changing.Unlock()
	h.closed = true
	tenants := h.tenants.Swap(&map[string]*tenant{})
	for _, t := range *tenants {
		t.retire()
	}
	for _, s := range h.seats {
		s.stop()
	}
	h.running.Wait()
	var faults []error
	for _, t := range *tenants {
		for _, b := range t.bindings {
			faults = append(faults, b.release())
		}
	}
	h.lane.Close()
	return errors.Join(faults...)
}

// routes are an endpoint's plugins to look at; who uses them calls enter.
func (h *Host) routes(endpoint string) *tenant { return (*h.tenants.Load())[endpoint] }

func (h *Host) services() Services { return *h.svc.Load() }

// Handle gives one event to a plugin and returns its answer as Decide would:
// for tools that try a plugin out.
func (h *Host) Handle(ctx context.Context, endpoint, plugin string, in *Input) ([]byte, error) {
	t := h.enter(endpoint)
	if t == nil {
		return nil, core.Errorf(core.CodeNotFound, "endpoint %q has no plugins", endpoint)
	}
	defer t.leave()
	b := t.binding(plugin)
	if b == nil {
		return nil, core.Errorf(core.CodeNotFound, "endpoint %q has no plugin %q", endpoint, plugin)
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
