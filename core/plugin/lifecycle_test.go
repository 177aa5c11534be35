package plugin_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf16"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// aborting is a guest that calls env.abort as AssemblyScript does.
func aborting(why string) []byte {
	m := new(asm.Module)
	abort := m.Import("env", "abort", "iiii", "")
	var units []byte
	for _, u := range utf16.Encode([]rune(why)) {
		units = binary.LittleEndian.AppendUint16(units, u)
	}
	m.Memory(4, 0)
	m.Data(guestText, append(binary.LittleEndian.AppendUint32(nil, uint32(len(units))), units...))
	m.Func("dr_abi", "", "i", "", asm.I32Const(1))
	m.Func("dr_alloc", "i", "i", "", asm.I32Const(guestBuffer))
	m.Func("dr_event", "iii", "I", "", asm.I32Const(guestText+4), asm.I32Const(-5), asm.I32Const(12), asm.I32Const(3), asm.Call(abort), asm.Unreachable)
	return m.Bytes()
}

func TestAbortExplainsTheTrap(t *testing.T) {
	r, _, err := one(t, aborting("Grüße: no room"))
	wantCode(t, err, core.CodePluginFailed)
	if strings.Contains(err.Error(), "Grüße") {
		t.Errorf("the caller hears of the plugin's inside: %v", err)
	}
	if got := r.log.String(); !strings.Contains(got, "Grüße: no room") {
		t.Errorf("the log does not say why:\n%s", got)
	}
}

func TestWASIOutputExplainsTheTrap(t *testing.T) {
	r, _, err := one(t, printing("panic: out of cheese"))
	wantCode(t, err, core.CodePluginFailed)
	if text := r.log.String(); !strings.Contains(text, `msg="panic: out of cheese"`) || !strings.Contains(text, `error="panic: out of cheese; it ran `) {
		t.Errorf("the failure is not explained:\n%s", text)
	}
}

func TestATopicKeepsItsInstance(t *testing.T) {
	m := newGuest()
	count := m.Global(0)
	wasm := m.finish(
		asm.GlobalGet(count), asm.I32Const(1), asm.I32Add, asm.GlobalSet(count),
		asm.I32Const(guestOut), asm.GlobalGet(count), asm.I32Const('0'), asm.I32Add, asm.Store32(0),
		asm.I64Const(guestOut<<32|1),
	)
	r := mustLoad(t, map[string]plug{"p": {"events = [\"p.*\"]\n[limits]\naffinity = \"topic\"\ninstances = 4\n", wasm}})
	for i := range 9 {
		ev := message("p.x", `1`)
		ev.Topic = "room"
		v, err := r.Decide(t.Context(), ev)
		if err != nil || string(v.Data) != string(rune('1'+i)) {
			t.Fatalf("event %d of the topic: %s, %v", i+1, v.Data, err)
		}
	}
}

func TestABusyPluginIsUnavailable(t *testing.T) {
	g := newGuest("publish")
	g.call("publish", text("t"), text("1"), text(""), text(""))
	// The only instance is in a long loop over the clock's deadline of 10 s.
	loop := newGuest("now")
	wasm := loop.finish(asm.Loop(asm.Call(loop.funcs["now"]), asm.Drop, asm.Br(0)), asm.Unreachable)
	r := mustLoad(t, map[string]plug{"p": {"events = [\"p.*\"]\n[limits]\ninstances = 1\ndeadline = \"3s\"\n", wasm}}, impatient)
	var group sync.WaitGroup
	codes := make(chan core.Code, 3)
	for range 3 {
		group.Go(func() {
			_, err := r.Decide(t.Context(), message("p.x", `1`))
			codes <- core.AsError(err).Code
		})
	}
	group.Wait()
	close(codes)
	n := map[core.Code]int{}
	for c := range codes {
		n[c]++
	}
	if n[core.CodePluginFailed] != 1 || n[core.CodeUnavailable] != 2 {
		t.Errorf("got %v", n)
	}
}

func TestObserveNeverBlocks(t *testing.T) {
	g := newGuest("publish")
	r := mustLoad(t, map[string]plug{"p": {"hooks = [\"disconnect\"]\n[capabilities]\npublish = [\"*\"]\n", recorder(g)}})
	hold := make(chan struct{})
	r.services.Published = func(*core.Event, string) { <-hold }
	for range 10000 {
		r.Observe(&core.ClientEvent{Kind: core.HookDisconnect, Endpoint: "a"})
	}
	close(hold)
	if !strings.Contains(r.log.String(), "events are lost") {
		t.Error("the log does not tell of the loss")
	}
}

func TestCloseWaitsForRunningEvents(t *testing.T) {
	g := newGuest("publish").call("publish", text("t"), text("1"), text(""), text(""))
	r := mustLoad(t, map[string]plug{"p": {granting("p"), g.answer("1", false)}})
	entered, hold := make(chan struct{}), make(chan struct{})
	r.services.Published = func(*core.Event, string) { close(entered); <-hold }
	answered, closed := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := r.Decide(context.Background(), message("p.x", `1`))
		answered <- err
	}()
	<-entered
	go func() { closed <- r.Close() }()
	eventually(t, "the host's refusing", func() bool { return !r.Wants("a", core.HookMessage, "p.x") })
	select {
	case <-closed:
		t.Fatal("closed while an event was running")
	default:
	}
	close(hold)
	if err := errors.Join(<-answered, <-closed); err != nil {
		t.Fatal(err)
	}
	_, err := r.Decide(t.Context(), message("p.x", `1`))
	wantCode(t, err, core.CodeNotFound)
}

func TestAFullHouseOfDeferredCallers(t *testing.T) {
	g := newGuest("defer").call("defer")
	r := &rig{serve: func(r *rig) plugin.Services { return &fullServices{&r.services} }}
	if _, err := r.load(t, map[string]plug{"p": {granting("p"), g.answer("1", false)}}); err != nil {
		t.Fatal(err)
	}
	ev := message("p.x", `1`)
	v, err := r.Decide(t.Context(), ev)
	if err != nil || string(v.Data) != "1" || ev.Deferred != 0 {
		t.Fatalf("got %s, %v", v.Data, err)
	}
	if got := r.calls(); len(got) != 1 || got[0] != int64(plugin.ErrnoUnavailable) {
		t.Errorf("defer returned %v", got)
	}
}

// fullServices has no room for another deferred caller.
type fullServices struct{ plugin.Services }

// Defer is plugin.Services'.
func (*fullServices) Defer(*core.ClientEvent, string, time.Duration) (core.Handle, error) {
	return 0, core.Errorf(core.CodeUnavailable, "1,024 callers wait")
}

func TestSubscribingDoesNotAskThePluginItself(t *testing.T) {
	g := newGuest("subscribe").call("subscribe", text("s2"), text("room"), text(""))
	r := &rig{serve: func(r *rig) plugin.Services { return &askingServices{&r.services, r} }}
	_, err := r.load(t, map[string]plug{
		"p": {"topics = [\"*\"]\nhooks = [\"subscribe\"]" + granting("p"), g.answer("", false)},
		"q": {"topics = [\"*\"]\nhooks = [\"subscribe\"]\n", newGuest().answer("", false)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
		t.Fatal(err)
	}
	asked := r.tracesOf(plugin.KindSubscribe)
	if len(asked) != 1 || asked[0].Plugin != "q" {
		t.Errorf("%d plugins were asked", len(asked))
	}
}

// askingServices asks the hooks at a subscribe, as node does.
type askingServices struct {
	plugin.Services
	host *rig
}

// Subscribe is plugin.Services'.
func (s *askingServices) Subscribe(ctx context.Context, endpoint string, id core.SessionID, topic string, _ []byte) error {
	_, err := s.host.Decide(ctx, &core.ClientEvent{Kind: core.HookSubscribe, Endpoint: endpoint, Session: id, Topic: topic})
	return err
}

func TestAnOperatorsPluginReplacesTheBundledOne(t *testing.T) {
	bundled := sources("p", "events = [\"p.*\"]\n", newGuest().answer(`"bundled"`, false))
	own := fstest.MapFS{}
	for name, text := range map[string][]byte{
		"p.toml": []byte("name = \"p\"\nversion = \"2\"\nabi = 1\nevents = [\"p.*\"]\n"), "p.wasm": newGuest().answer(`"own"`, false),
	} {
		own[name] = &fstest.MapFile{Data: text}
	}
	r := mustLoad(t, map[string]plug{"p": {"", echo()}}, func(o *plugin.Options) { o.Sources = append([]fs.FS{own}, bundled...) })
	if v, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil || string(v.Data) != `"own"` {
		t.Fatalf("got %s, %v", v.Data, err)
	}
	if got := fmt.Sprint(plugin.Available(append([]fs.FS{own}, bundled...))); got != "[p]" {
		t.Errorf("available: %s", got)
	}
}

func TestTheCompilationCache(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		r := mustLoad(t, map[string]plug{"p": {granting("p"), echo()}}, func(o *plugin.Options) { o.CacheDir = dir })
		if v, err := r.Decide(t.Context(), message("p.x", `7`)); err != nil || string(v.Data) != `7` {
			t.Fatalf("got %s, %v", v.Data, err)
		}
	}
}
