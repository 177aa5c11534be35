package plugin_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

func TestHostileGuestsFail(t *testing.T) {
	hostCalls := newGuest("now")
	hugeCopies := newGuest("random")
	cases := map[string]struct {
		wasm []byte
		why  string // in the log
	}{
		"trap":                           {newGuest().finish(asm.Unreachable), "unreachable"},
		"endless loop":                   {newGuest().finish(asm.Loop(asm.Br(0)), asm.Unreachable), "deadline"},
		"host-call loop":                 {hostCalls.finish(asm.Loop(asm.Call(hostCalls.funcs["now"]), asm.Drop, asm.Br(0)), asm.Unreachable), "deadline"},
		"large host-call loop":           {hugeCopies.finish(asm.Loop(asm.I32Const(0), asm.I32Const(65536), asm.Call(hugeCopies.funcs["random"]), asm.Drop, asm.Br(0)), asm.Unreachable), "deadline"},
		"answer too large":               {newGuest().finish(asm.I64Const(1<<32 | 65537)), "65537 bytes"},
		"answer outside memory":          {newGuest().finish(asm.I64Const(0x7fffffff<<32 | 100)), "outside its memory"},
		"answer that is not JSON":        {newGuest().answer("{oops", false), "not JSON"},
		"answer deeper than JSON may be": {newGuest().answer(strings.Repeat("[", 200)+strings.Repeat("]", 200), false), "not JSON"},
		"endless recursion":              {recursion(), "call depth"},
		"division by zero":               {newGuest().finish(asm.I32Const(1), asm.I32Const(0), []byte{0x6d}, asm.ExtendS), "divide by zero"},
		"load outside memory":            {newGuest().finish(asm.I32Const(-8), asm.Load64(0)), "out of bounds"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			// Only who is to miss the deadline has a short one: a busy machine takes 50 ms from anybody.
			patience := func(*plugin.Options) {}
			if c.why == "deadline" {
				patience = impatient
			}
			r, _, err := one(t, c.wasm, patience)
			wantCode(t, err, core.CodePluginFailed)
			if !strings.Contains(r.log.String(), c.why) {
				t.Errorf("the log does not say %q:\n%s", c.why, r.log.String())
			}
			// The instance is gone; the next event gets another.
			_, err = r.Decide(t.Context(), message("p.x", `1`))
			wantCode(t, err, core.CodePluginFailed)
		})
	}
}

// Guests that only metering stops: see also meter's own tests.
func TestHostileGuestsAreStoppedWithoutLoops(t *testing.T) {
	fill := newGuest().finish(asm.I32Const(252), asm.MemoryGrow, asm.Drop, asm.Loop(asm.I32Const(0), asm.I32Const(1), asm.I32Const(16<<20-1), asm.MemoryFill(), asm.Br(0)), asm.Unreachable)
	table := newGuest()
	table.Table(1, 0)
	// Grows the table until it may not, then answers with what it could not.
	grown := table.finish(
		asm.Loop(asm.RefNull(), asm.I32Const(1000), asm.TableGrow(), asm.I32Const(-1), asm.I32Eq, asm.I32Eqz, asm.BrIf(0)),
		asm.I32Const(guestOut), []byte{0xfc, 16, 0}, asm.I32Const(66_000), asm.I32LtU, asm.I32Const('0'), asm.I32Add, asm.Store32(0),
		asm.I64Const(guestOut<<32|1))
	for name, wasm := range map[string][]byte{"tree of calls": callBomb(), "memory.fill": fill} {
		t.Run(name, func(t *testing.T) {
			r := mustLoad(t, map[string]plug{"p": {granting("p"), wasm}}, impatient)
			_, err := r.Decide(t.Context(), message("p.x", "1"))
			wantCode(t, err, core.CodePluginFailed)
			if !strings.Contains(r.log.String(), "it did not end within its deadline of 50ms, at a fuel of ") {
				t.Errorf("the log says\n%s", r.log.String())
			}
		})
	}
	r := mustLoad(t, map[string]plug{"p": {granting("p"), grown}})
	if v, err := r.Decide(t.Context(), message("p.x", "1")); err != nil || string(v.Data) != "1" {
		t.Fatalf("the table grew: %s, %v", v.Data, err)
	}
}

func recursion() []byte {
	g := newGuest()
	g.Memory(4, 0)
	f := g.Func("", "", "i", "", asm.Call(2), asm.I32Const(1), asm.I32Add)
	g.Func("dr_abi", "", "i", "", asm.I32Const(1))
	g.Func("dr_alloc", "i", "i", "", asm.I32Const(guestBuffer))
	g.Func("dr_event", "iii", "I", "", asm.Call(f), asm.ExtendS)
	return g.Bytes()
}

func TestOthersGoOnWhileOneMisbehaves(t *testing.T) {
	r := mustLoad(t, map[string]plug{
		"bad":  {granting("bad"), newGuest().finish(asm.Loop(asm.Br(0)), asm.Unreachable)},
		"trap": {granting("trap"), newGuest().finish(asm.Unreachable)},
		"good": {granting("good") + "[limits]\ndeadline = \"10s\"\n", echo()}, // only slow because the machine is full
	}, impatient)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for _, event := range []string{"bad.x", "bad.y", "trap.x"} {
		group.Go(func() {
			for ctx.Err() == nil {
				if _, err := r.Decide(ctx, message(event, `1`)); err == nil {
					t.Errorf("%s got an answer", event)
					return
				}
			}
		})
	}
	for i := range 500 {
		data := fmt.Sprintf(`{"n":%d}`, i)
		v, err := r.Decide(t.Context(), message("good.x", data))
		if err != nil || string(v.Data) != data {
			t.Fatalf("got %s, %v, want %s", v.Data, err, data)
		}
	}
	cancel()
	group.Wait()
}

func TestBreakerPausesAndOnFailureDecides(t *testing.T) {
	trap := newGuest().finish(asm.Unreachable)
	hooks := "topics = [\"*\"]\nhooks = [\"connect\", \"subscribe\"]\non_failure = %q\nevents = [\"%s.*\"]\n"
	for _, policy := range []string{"refuse", "pass"} {
		t.Run(policy, func(t *testing.T) {
			r := mustLoad(t, map[string]plug{"p": {fmt.Sprintf(hooks, policy, "p"), trap}})
			ev := &core.ClientEvent{Kind: core.HookSubscribe, Endpoint: "a", Topic: "t", Session: "s"}
			for range 5 {
				_, err := r.Decide(t.Context(), ev)
				if policy == "pass" && err != nil {
					t.Fatal(err)
				}
				if policy == "refuse" {
					wantCode(t, err, core.CodePluginFailed)
				}
			}
			_, err := r.Decide(t.Context(), message("p.x", `1`))
			wantCode(t, err, core.CodeUnavailable)
			_, err = r.Decide(t.Context(), ev)
			if policy == "pass" && err != nil {
				t.Fatal(err)
			}
			if policy == "refuse" {
				wantCode(t, err, core.CodeUnavailable)
			}
			if !strings.Contains(r.log.String(), "paused on this endpoint") {
				t.Error("the log does not tell of the pause")
			}
			// The other endpoint has a breaker of its own.
			other := *ev
			other.Endpoint = "b"
			if _, err = r.Decide(t.Context(), &other); policy == "refuse" {
				wantCode(t, err, core.CodePluginFailed)
			}
		})
	}
}

func TestATrapAppliesNoEffects(t *testing.T) {
	g := newGuest("publish", "kv_set", "kv_incr").
		call("kv_set", text("k"), text("v"), int64(0)).
		call("publish", text("t"), text("1"), text(""), text("")).
		call("kv_incr", text("n"), int64(1), int64(0), guestOut)
	r, _, err := one(t, g.finish(asm.Unreachable))
	wantCode(t, err, core.CodePluginFailed)
	kv := r.store.KV("plugin/p/a", 0)
	if v, ok, _ := kv.Get(t.Context(), "k"); ok {
		t.Errorf("k was set to %q", v)
	}
	if v, _, _ := kv.Get(t.Context(), "n"); string(v) != "1" {
		t.Errorf("kv_incr is at once: n is %q", v)
	}
}

func TestMemoryGrowsToTheLimitOnly(t *testing.T) {
	// Grows page by page until it may not, then answers with the size in pages.
	g := newGuest()
	wasm := g.finish(
		asm.Loop(asm.I32Const(1), asm.MemoryGrow, asm.I32Const(-1), asm.I32Eq, asm.I32Eqz, asm.BrIf(0)),
		asm.I32Const(guestOut), asm.MemorySize, asm.I32Const(16), asm.I32Eq, asm.I32Const('0'), asm.I32Add, asm.Store32(0),
		asm.I64Const(guestOut<<32|1),
	)
	r := mustLoad(t, map[string]plug{"p": {"events = [\"p.*\"]\n[limits]\nmemory = \"1 MiB\"\n", wasm}})
	v, err := r.Decide(t.Context(), message("p.x", `1`))
	if err != nil || string(v.Data) != "1" {
		t.Fatalf("got %s, %v, want 16 pages", v.Data, err)
	}
}

func TestBadPointersIntoHostCalls(t *testing.T) {
	const far = 0x7ffffff0
	g := newGuest("publish", "kv_get", "kv_set", "kv_incr", "kv_scan", "kv_scan_after", "random", "json_get", "presence", "history", "disconnect", "http_fetch", "timer_set", "reply", "subscribe")
	g.call("publish", far, 100, text("1"), text(""), text(""))
	g.call("publish", text("t"), far, 100, text(""), text(""))
	g.call("publish", text("t"), text("1"), text(""), far, 100)
	g.call("kv_get", far, 5, out{})
	g.call("kv_set", text("k"), far, -1, int64(0))
	g.call("kv_set", text("k"), text("v"), int64(-1))
	g.call("kv_incr", text("k"), int64(1), int64(0), far)
	g.call("kv_scan", text(""), 5, 0, far, 100)
	g.call("kv_scan_after", text(""), far, 5, 5, 0, out{})
	g.call("kv_scan_after", text(""), text(""), 5, 0, far, 100)
	g.call("random", far, 100)
	g.call("random", 0, 1<<20)
	g.call("json_get", far, 9, text("a"), out{})
	g.call("presence", text("t"), 10, far, 1000)
	g.call("presence", text("t"), -1, out{})
	g.call("history", text("t"), 10, far, 100, out{})
	g.call("history", text("t"), 10, text(""), far, 1000)
	g.call("history", far, 10, 10, text(""), out{})
	g.call("disconnect", text("\x01\x00\xff\xff"), text(""))
	g.call("disconnect", text("junk"), text(""))
	g.call("timer_set", far, 3, int64(1), text(""))
	g.call("subscribe", text("s"), text("bad\x01topic"), text(""))
	g.call("subscribe", text("s"), text("t"), text("{broken"))
	g.call("log", 1, far, 100)
	g.call("log", 9, text("x"))
	g.call("metric", text("Not A Name"), int64(1))
	r := mustLoad(t, map[string]plug{"p": {granting("p") + "http = [\"https://example.com/\"]\n", g.answer("1", false)}})
	seedScan(t, r)
	r.services.SetHistory(map[string]core.Past{"t": {Head: core.Position{Epoch: "e"}}})
	if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
		t.Fatal(err)
	}
	for i, v := range r.calls() {
		if v != int64(plugin.ErrnoBadArgument) {
			t.Errorf("call %d returned %d, want bad_argument", i+1, v)
		}
	}
	if n := len(r.lastTrace().Effects); n != 0 {
		t.Errorf("%d effects were collected", n)
	}
}

func seedScan(t *testing.T, r *rig) {
	t.Helper()
	if err := r.store.KV("plugin/p/a", 1<<20).Apply(t.Context(), []core.Write{{Key: "a", Value: []byte("1")}}); err != nil {
		t.Fatal(err)
	}
}

func TestRefusedAtLoad(t *testing.T) {
	missing := func(name string) []byte {
		m := new(asm.Module)
		if name != "memory" {
			m.Memory(4, 0)
		}
		for _, f := range []struct {
			name, params, results string
			body                  []byte
		}{{"dr_abi", "", "i", asm.I32Const(1)}, {"dr_alloc", "i", "i", asm.I32Const(guestBuffer)}, {"dr_event", "iii", "I", asm.I64Const(0)}} {
			if f.name != name {
				m.Func(f.name, f.params, f.results, "", f.body)
			}
		}
		return m.Bytes()
	}
	custom := func(abi int32, alloc int32, params string, start bool) []byte {
		m := new(asm.Module)
		m.Memory(4, 0)
		m.Func("dr_abi", "", "i", "", asm.I32Const(abi))
		m.Func("dr_alloc", "i", "i", "", asm.I32Const(alloc))
		m.Func("dr_event", params, "I", "", asm.I64Const(0))
		if start {
			m.Start(m.Func("", "", "", "", asm.Unreachable))
		}
		return m.Bytes()
	}
	importing := func(module, name, params, results string) []byte {
		m := new(asm.Module)
		m.Import(module, name, params, results)
		m.Memory(4, 0)
		m.Func("dr_abi", "", "i", "", asm.I32Const(1))
		m.Func("dr_alloc", "i", "i", "", asm.I32Const(guestBuffer))
		m.Func("dr_event", "iii", "I", "", asm.I64Const(0))
		return m.Bytes()
	}
	refusing := func() []byte {
		m := new(asm.Module)
		m.Memory(4, 0)
		text := `{"code":"bad_request","message":"max_text must be a number"}`
		m.Data(guestText, []byte(text))
		m.Func("dr_abi", "", "i", "", asm.I32Const(1))
		m.Func("dr_alloc", "i", "i", "", asm.I32Const(guestBuffer))
		m.Func("dr_event", "iii", "I", "", asm.I64Const(0))
		m.Func("dr_init", "ii", "I", "", asm.I64Const(guestText<<32|int64(len(text))|1<<31))
		return m.Bytes()
	}
	importing2 := func(a, aParams, b, bParams string) []byte {
		m := new(asm.Module)
		m.Import("driplet_v1", a, aParams, "i")
		m.Import("driplet_v1", b, bParams, "i")
		return m.Bytes()
	}
	// importingKind imports env.x, a memory, table or global, and has nothing else.
	importingKind := func(kind byte, typ ...byte) []byte {
		entry := append([]byte{1, 3, 'e', 'n', 'v', 1, 'x', kind}, typ...)
		return append([]byte{0, 'a', 's', 'm', 1, 0, 0, 0, 2, byte(len(entry))}, entry...)
	}
	trapping := func(where string) []byte {
		m := new(asm.Module)
		m.Memory(4, 0)
		for _, f := range []struct {
			name, params, results string
			code                  []byte
		}{{"dr_abi", "", "i", asm.I32Const(1)}, {"dr_alloc", "i", "i", asm.I32Const(guestBuffer)}, {"dr_event", "iii", "I", asm.I64Const(0)}} {
			if f.name == where {
				f.code = asm.Unreachable
			}
			m.Func(f.name, f.params, f.results, "", f.code)
		}
		return m.Bytes()
	}
	program := func() []byte {
		m := new(asm.Module)
		m.Memory(1, 0)
		m.Func("_start", "", "", "")
		return m.Bytes()
	}
	// unstarted has what a plugin exports, in a program that was never started.
	unstarted := func() []byte {
		m := new(asm.Module)
		m.Memory(4, 0)
		m.Func("_start", "", "", "")
		m.Func("dr_abi", "", "i", "", asm.Unreachable)
		m.Func("dr_alloc", "i", "i", "", asm.I32Const(guestBuffer))
		m.Func("dr_event", "iii", "I", "", asm.I64Const(0))
		return m.Bytes()
	}
	huge := new(asm.Module)
	huge.Memory(1000, 0)
	large := new(asm.Module)
	large.Table(100_000, 0)
	cases := map[string]struct {
		wasm []byte
		want string
	}{
		"not wasm":            {[]byte("hello"), "not a module that can be loaded"},
		"cut off":             {echo()[:60], "not a module that can be loaded"},
		"no memory":           {missing("memory"), `does not export "memory"`},
		"no dr_abi":           {missing("dr_abi"), `does not export the function "dr_abi"`},
		"no dr_alloc":         {missing("dr_alloc"), `does not export the function "dr_alloc"`},
		"no dr_event":         {missing("dr_event"), `does not export the function "dr_event"`},
		"other parameters":    {custom(1, guestBuffer, "ii", false), "exports dr_event as (i32 i32) -> i64, but ABI.md, 1, says (i32 i32 i32) -> i64"},
		"wrong abi":           {custom(2, guestBuffer, "iii", false), "speaks abi 2, this server 1"},
		"no room":             {custom(1, 0, "iii", false), "dr_alloc returned 0"},
		"buffer outside":      {custom(1, 0x7fffffff, "iii", false), "buffer outside its memory"},
		"traps at start":      {custom(1, guestBuffer, "iii", true), "its start function: wasm error: unreachable (it gave up"},
		"traps in dr_alloc":   {trapping("dr_alloc"), "dr_alloc: wasm error: unreachable"},
		"imports a global":    {importingKind(3, 0x7f, 0), "imports the global env.x: a server offers functions alone, define it in the module"},
		"imports a table":     {importingKind(1, 0x70, 0, 1), "imports the table env.x: a server offers functions alone"},
		"imports its memory":  {importingKind(2, 0, 1), "imports its memory (env.x): it must define and export it"},
		"another ABI":         {importing("driplet_v2", "publish", "", ""), "imports driplet_v2.publish: it is built for driplet_v2, this server speaks driplet_v1: rebuild it with this server's guest library"},
		"a slip of the pen":   {importing("driplet_v1", "publsh", "", ""), `or is it meant to be "publish"? (its names are in ABI.md, 4)`},
		"another abort":       {importing("env", "abort", "i", ""), "imports env.abort as (i32) -> (), but AssemblyScript's is (i32 i32 i32 i32) -> ()"},
		"two faults":          {importing2("http_fetch", "iiii", "now2", ""), `p 1.2.0: imports http_fetch, but p.toml grants no "http": add http = ["https://…"] under [capabilities], or remove the call; imports driplet_v1.now2, which this server does not know`},
		"unknown import":      {importing("driplet_v1", "launch", "", ""), "imports driplet_v1.launch, which this server does not know"},
		"unknown module":      {importing("env", "printf", "ii", "i"), "imports env.printf, which this server does not have"},
		"undefined function":  {importing("env", "printf", "ii", "i"), "a function is declared and nowhere defined: link what defines it, or remove the call"},
		"AssemblyScript's":    {importing("env", "console.log", "i", ""), "imports env.console.log, which this server does not have: write log.info(text), of the guest library"},
		"built for browsers":  {importing("gojs", "runtime.wasmExit", "i", ""), "build it with GOOS=wasip1 GOARCH=wasm -buildmode=c-shared"},
		"wasm-bindgen":        {importing("wbg", "__wbg_log", "i", ""), "it is built with wasm-bindgen, for browsers: use Driplet's guest library instead"},
		"from elsewhere":      {importing("moon", "shine", "", ""), "imports moon.shine, which this server does not have: link what defines it, or remove the call"},
		"another WASI call":   {importing("wasi_snapshot_preview1", "shine", "", ""), `"shine" is not exported in module "wasi_snapshot_preview1"`},
		"a program's exports": {unstarted(), "dr_abi: wasm error: unreachable (it gave up: a failed check, a panic, or no memory); it ran function 1. It is built as a program: build it as a library (Go: -buildmode=c-shared"},
		"a program":           {program(), "it is built as a program: build it as a library (Go: -buildmode=c-shared; Rust: crate-type cdylib; C: --no-entry), with Driplet's guest library"},
		"import's parameters": {importing("driplet_v1", "now", "i", "I"), "imports now as (i32) -> i64, but ABI.md says () -> i64: is the guest library for driplet_v1?"},
		"not granted":         {importing("driplet_v1", "http_fetch", "iiii", "i"), `p 1.2.0: imports http_fetch, but p.toml grants no "http": add http = ["https://…"] under [capabilities], or remove the call`},
		"refuses its config":  {refusing(), "refuses its configuration: max_text must be a number"},
		"the server's own":    {importing("driplet_meter", "yield", "I", "I"), `module "driplet_meter" is the server's own`},
		"too many blocks":     {newGuest().finish(asm.Code(slices.Repeat([][]byte{asm.Block()}, 5000)...), asm.Unreachable), "more than 4096 blocks"},
		"unknown opcode":      {newGuest().finish([]byte{0x06, 0x40}), "opcode 0x06 is unknown"},
		"too large a table":   {large.Bytes(), "at most 65536 are taken"},
		"too much memory":     {huge.Bytes(), "p.wasm begins with a memory of 64000 KiB, the limit is 16 MiB: raise memory under [limits] in p.toml, or build it with less"},
		"too large a file":    {append(echo(), make([]byte, 17<<20)...), "the limit is 16777216"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, map[string]plug{"p": {granting("p"), c.wasm}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
}
