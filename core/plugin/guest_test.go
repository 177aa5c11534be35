package plugin_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/core/plugin/plugintest"
	"github.com/driplet/driplet/core/programtest"
)

// Where test guests keep things in their first pages.
const (
	guestText   = 1024     // constants
	guestOut    = 32 << 10 // results
	guestOutCap = 16 << 10
	guestBuffer = 64 << 10 // events
)

// guest is a module under construction whose dr_event does what the test says.
// Every call's result is told as the metric "r".
type guest struct {
	asm.Module
	funcs map[string]asm.Func
	at    int32
	code  []byte
}

var signatures = map[string][2]string{
	"publish": {"iiiiiiii", "i"}, "reply": {"Iii", "i"}, "defer": {"", "I"}, "subscribe": {"iiiiii", "i"},
	"unsubscribe": {"iiiiii", "i"}, "subscribed": {"iiii", "i"}, "disconnect": {"iiii", "i"}, "presence": {"iiiii", "i"}, "history": {"iiiiiii", "i"},
	"kv_get": {"iiii", "i"}, "kv_set": {"iiiiI", "i"}, "kv_delete": {"ii", "i"}, "kv_cas": {"iiiiiiI", "i"},
	"kv_incr": {"iiIIi", "i"}, "kv_scan": {"iiiiii", "i"}, "kv_scan_after": {"iiiiiiii", "i"}, "http_fetch": {"iiii", "i"}, "timer_set": {"iiIii", "i"},
	"log": {"iii", "i"}, "metric": {"iiI", "i"}, "config_get": {"iiii", "i"}, "json_get": {"iiiiii", "i"},
	"now": {"", "I"}, "random": {"ii", "i"},
}

// newGuest imports what the test is going to call, besides log and metric.
func newGuest(imports ...string) *guest {
	g := &guest{funcs: map[string]asm.Func{}, at: guestText}
	for _, name := range append(imports, "log", "metric") {
		if _, have := g.funcs[name]; !have {
			g.funcs[name] = g.Import("driplet_v1", name, signatures[name][0], signatures[name][1])
		}
	}
	return g
}

// text places a constant; it stands for two arguments.
type text string

// out stands for the buffer of results.
type out struct{}

// result stands for the last i64 result (local 3).
type result struct{}

// call calls an import with constants: int32, int64, text, out, result.
func (g *guest) call(name string, args ...any) *guest {
	for _, a := range args {
		g.code = append(g.code, g.push(a)...)
	}
	g.code = append(g.code, asm.Call(g.funcs[name])...)
	if signatures[name][1] == "i" {
		g.code = append(g.code, asm.ExtendS...)
	}
	g.code = append(g.code, asm.LocalSet(3)...)
	ptr, n := g.place("r")
	g.code = append(g.code, asm.Code(asm.I32Const(ptr), asm.I32Const(n), asm.LocalGet(3), asm.Call(g.funcs["metric"]), asm.Drop)...)
	return g
}

func (g *guest) push(a any) []byte {
	switch v := a.(type) {
	case int:
		return asm.I32Const(int32(v))
	case int64:
		return asm.I64Const(v)
	case text:
		ptr, n := g.place(string(v))
		return asm.Code(asm.I32Const(ptr), asm.I32Const(n))
	case large:
		g.Data(stormData, []byte(v))
		return asm.Code(asm.I32Const(stormData), asm.I32Const(int32(len(v))))
	case out:
		return asm.Code(asm.I32Const(guestOut), asm.I32Const(guestOutCap))
	case result:
		return asm.LocalGet(3)
	}
	panic(fmt.Sprintf("no argument: %T", a))
}

func (g *guest) place(s string) (ptr, n int32) {
	ptr = g.at
	g.Data(ptr, []byte(s))
	g.at += int32(len(s))
	return ptr, int32(len(s))
}

// logOut logs as many bytes of the results as the last result says.
func (g *guest) logOut() *guest {
	g.code = append(g.code, asm.Code(asm.I32Const(1), asm.I32Const(guestOut), asm.LocalGet(3), asm.WrapI64, asm.Call(g.funcs["log"]), asm.Drop)...)
	return g
}

// do adds code as it is.
func (g *guest) do(code ...[]byte) *guest { g.code = append(g.code, asm.Code(code...)...); return g }

// answer ends the module with a constant answer; refused sets the top bit.
func (g *guest) answer(s string, refused bool) []byte {
	ptr, n := g.place(s)
	packed := int64(ptr)<<32 | int64(n)
	if refused {
		packed |= 1 << 31
	}
	if s == "" {
		packed = 0
	}
	return g.finish(asm.I64Const(packed))
}

// finish ends the module; tail leaves the answer. Locals: 0 kind, 1 ptr, 2 len,
// 3 the last result, 4 and 5 free.
func (g *guest) finish(tail ...[]byte) []byte {
	g.Memory(4, 0)
	g.Func("dr_abi", "", "i", "", asm.I32Const(1))
	g.Func("dr_alloc", "i", "i", "", asm.I32Const(guestBuffer))
	g.Func("dr_event", "iii", "I", "Iii", g.code, asm.Code(tail...))
	return g.Bytes()
}

// echo is a guest that answers with the event's data.
func echo() []byte { return echoField(7) }

// echoField is a guest that answers with a field of the event.
func echoField(number int32) []byte {
	m := new(asm.Module)
	m.Memory(4, 0)
	m.Func("dr_abi", "", "i", "", asm.I32Const(1))
	m.Func("dr_alloc", "i", "i", "", asm.I32Const(guestBuffer))
	// local 3 counts the fields before; ptr walks.
	m.Func("dr_event", "iii", "I", "i",
		asm.LocalGet(1), asm.I32Const(4), asm.I32Add, asm.LocalSet(1),
		asm.Loop(
			asm.LocalGet(1), asm.LocalGet(1), asm.Load32(0), asm.I32Add, asm.I32Const(4), asm.I32Add, asm.LocalSet(1),
			asm.LocalGet(3), asm.I32Const(1), asm.I32Add, asm.LocalTee(3), asm.I32Const(number), asm.I32LtU, asm.BrIf(0),
		),
		asm.LocalGet(1), asm.I32Const(4), asm.I32Add, asm.ExtendU, asm.I64Const(32), asm.I64Shl,
		asm.LocalGet(1), asm.Load32(0), asm.ExtendU, asm.I64Or,
	)
	return m.Bytes()
}

// rig is a host with everything around it replaced.
type rig struct {
	*plugin.Host
	store    plugintest.Store
	services plugintest.Services
	serve    func(*rig) plugin.Services // instead of services; may be nil
	log      programtest.Output

	mu               sync.Mutex
	results          []int64 // of calls, see guest.call
	handled          []string
	fuel             int64
	instances        int
	memory           int64
	served, reloaded []string
	traces           []*plugin.Trace
}

// Handled is plugin.Meter's.
func (r *rig) Handled(name, _, kind, outcome string, _ time.Duration, fuel int64) {
	r.mu.Lock()
	r.fuel += fuel
	r.handled = append(r.handled, name+" "+kind+" "+outcome)
	r.mu.Unlock()
}

// Resized is plugin.Meter's.
func (r *rig) Resized(_, _ string, instances int, bytes int64) {
	r.mu.Lock()
	r.instances += instances
	r.memory += bytes
	r.mu.Unlock()
}

// Counted is plugin.Meter's.
func (r *rig) Counted(_, _, _ string, value int64) {
	r.mu.Lock()
	r.results = append(r.results, value)
	r.mu.Unlock()
}

// Serving is plugin.Meter's.
func (r *rig) Serving(name, endpoint, old, version string) {
	r.mu.Lock()
	r.served = append(r.served, name+" "+endpoint+" "+old+">"+version)
	r.mu.Unlock()
}

// Reloaded is plugin.Meter's.
func (r *rig) Reloaded(name string, ok bool) {
	r.mu.Lock()
	r.reloaded = append(r.reloaded, fmt.Sprint(name, " ", ok))
	r.mu.Unlock()
}

func (r *rig) trace(t *plugin.Trace) {
	r.mu.Lock()
	r.traces = append(r.traces, t)
	r.mu.Unlock()
}

func (r *rig) lastTrace() *plugin.Trace {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.traces[len(r.traces)-1]
}

func (r *rig) calls() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]int64{}, r.results...)
}

// plug is one plugin of a rig: the rest of its manifest, and its code.
type plug struct {
	manifest string
	wasm     []byte
}

const everything = `
events = ["%[1]s.*"]
[capabilities]
publish = ["*"]
subscribe = ["*"]
presence = ["*"]
history = ["*"]
kv = "8 MiB"
`

// granting is a manifest that grants everything but http.
func granting(name string) string { return fmt.Sprintf(everything, name) }

// load makes a host of plugins on the endpoints "a" and "b".
func load(t testing.TB, plugs map[string]plug, change ...func(*plugin.Options)) (*rig, error) {
	t.Helper()
	return new(rig).load(t, plugs, change...)
}

func (r *rig) load(t testing.TB, plugs map[string]plug, change ...func(*plugin.Options)) (*rig, error) {
	t.Helper()
	src := fstest.MapFS{}
	a, b := &core.Endpoint{Name: "a", APIKeys: []core.Credential{{ID: "k1", Secret: "secret of a"}}}, &core.Endpoint{Name: "b"}
	for name, p := range plugs {
		head := fmt.Sprintf("name = %q\nversion = \"1.2.0\"\nabi = 1\n", name)
		src[name+".toml"] = &fstest.MapFile{Data: []byte(head + p.manifest)}
		src[name+".wasm"] = &fstest.MapFile{Data: p.wasm}
		a.Plugins = append(a.Plugins, name)
		b.Plugins = append(b.Plugins, name)
	}
	return r.run(t, []*core.Endpoint{a, b}, append([]func(*plugin.Options){func(o *plugin.Options) { o.Sources = []fs.FS{src} }}, change...)...)
}

// run makes the host and starts it.
func (r *rig) run(t testing.TB, endpoints []*core.Endpoint, change ...func(*plugin.Options)) (*rig, error) {
	t.Helper()
	o := plugin.Options{
		Store: &r.store, Meter: r, Trace: r.trace, LeastDeadline: plugin.MaxDeadline,
		Log: slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		ParseTarget: func(raw []byte) (*core.Target, error) {
			if !strings.HasPrefix(string(raw), "{") {
				return nil, core.Errorf(core.CodeBadRequest, "target must be an object")
			}
			return &core.Target{Raw: raw}, nil
		},
	}
	for _, f := range change {
		f(&o)
	}
	r.Host = plugin.NewHost(o)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := r.Load(t.Context(), endpoints); err != nil {
		return r, err
	}
	var services plugin.Services = &r.services
	if r.serve != nil {
		services = r.serve(r)
	}
	return r, r.Start(context.WithoutCancel(t.Context()), services)
}

func mustLoad(t testing.TB, plugs map[string]plug, change ...func(*plugin.Options)) *rig {
	t.Helper()
	r, err := load(t, plugs, change...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// message is a client's event on endpoint a.
func message(event, data string) *core.ClientEvent {
	return &core.ClientEvent{
		Kind: core.HookMessage, Endpoint: "a", Event: event, Session: "s1", User: "7", Request: "1",
		Claims: &core.Claims{User: "7", Custom: []byte(`{"uid":7}`)}, Time: time.UnixMilli(1_700_000_000_123), Data: []byte(data),
	}
}

// one runs an event "p.x" through a plugin p that grants everything.
func one(t *testing.T, wasm []byte, change ...func(*plugin.Options)) (*rig, core.Verdict, error) {
	t.Helper()
	r := mustLoad(t, map[string]plug{"p": {granting("p"), wasm}}, change...)
	v, err := r.Decide(t.Context(), message("p.x", `{"a":1}`))
	return r, v, err
}

// impatient leaves the deadlines of manifests as they are.
func impatient(o *plugin.Options) { o.LeastDeadline = 0 }

func wantCode(t *testing.T, err error, code core.Code) {
	t.Helper()
	if err == nil || core.AsError(err).Code != code {
		t.Fatalf("got %v, want the code %s", err, code)
	}
}

// eventually polls until ok, on a machine however busy.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("did not come: %s", what)
}

// sources hold one plugin in a folder of its name, as the binary does.
func sources(name, manifest string, wasm []byte) []fs.FS {
	head := fmt.Sprintf("name = %q\nversion = \"1.2.0\"\nabi = 1\n", name)
	return []fs.FS{fstest.MapFS{}, fstest.MapFS{
		name + "/" + name + ".toml": &fstest.MapFile{Data: []byte(head + manifest)},
		name + "/" + name + ".wasm": &fstest.MapFile{Data: wasm},
	}}
}
