package meter_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/core/plugin/meter"
)

// hostile are guests that never end by themselves, or not in this life. Each
// exports run: () -> ().
func hostile() map[string][]byte {
	out := map[string][]byte{}
	add := func(name string, build func(m *asm.Module)) {
		m := new(asm.Module)
		build(m)
		out[name] = m.Bytes()
	}
	run := func(name string, locals string, body ...[]byte) {
		add(name, func(m *asm.Module) {
			m.Memory(256, 256)
			m.Table(10, 0)
			m.Func("run", "", "", locals, body...)
		})
	}
	run("endless loop", "", asm.Loop(asm.Br(0)))
	run("endless loop that branches out and in", "i", asm.Loop(asm.Block(asm.LocalGet(0), asm.BrIf(0), asm.Br(1)), asm.Br(0)))
	nested := asm.Br(49)
	for range 50 {
		nested = asm.Loop(nested)
	}
	run("fifty loops that go on with the outermost", "", nested)
	deep := asm.Loop(asm.Br(0))
	for range 500 {
		deep = asm.Block(deep)
	}
	run("loop within 500 blocks", "", deep)
	run("loop over a branch table", "i",
		asm.Loop(asm.Block(asm.Block(asm.LocalGet(0), asm.I32Const(1), asm.I32Add, asm.LocalTee(0), []byte{0x0e, 2, 0, 1, 2})), asm.Br(0)))
	long := asm.Code()
	for range 15_000 {
		long = append(long, asm.Code(asm.LocalGet(0), asm.I32Const(3), asm.I32Add, asm.LocalSet(0))...)
	}
	run("loop with a long body", "i", asm.Loop(long, asm.Br(0)))
	skipping := asm.Code()
	for range 2_000 {
		skipping = append(skipping, asm.Code(asm.Block(asm.LocalGet(0), asm.I32Eqz, asm.BrIf(0), asm.Unreachable), asm.LocalGet(0), asm.Drop)...)
	}
	run("loop with a long body that branches past everything", "i", asm.Loop(skipping, asm.Br(0)))
	const size = 16 << 20
	fill := asm.Code(asm.I32Const(0), asm.I32Const(1), asm.I32Const(size), asm.MemoryFill())
	run("loop of memory.fill", "", asm.Loop(fill, asm.Br(0)))
	half := asm.Code(asm.I32Const(0), asm.I32Const(1000), asm.I32Const(size-1000), []byte{0xfc, 10, 0, 0})
	run("loop of memory.copy", "", asm.Loop(half, asm.Br(0)))
	back := asm.Code(asm.I32Const(1000), asm.I32Const(0), asm.I32Const(size-1000), []byte{0xfc, 10, 0, 0})
	run("loop of memory.copy upwards", "", asm.Loop(back, asm.Br(0)))
	run("loop of memory.grow", "", asm.Loop(asm.I32Const(1), asm.MemoryGrow, asm.Drop, asm.Br(0)))
	run("loop of table.grow", "", asm.Loop(asm.RefNull(), asm.I32Const(1000), asm.TableGrow(), asm.Drop, asm.Br(0)))
	run("loop of table.fill", "", asm.RefNull(), asm.I32Const(65_000), asm.TableGrow(), asm.Drop,
		asm.Loop(asm.I32Const(0), asm.RefNull(), asm.I32Const(65_000), []byte{0xfc, 17, 0}, asm.Br(0)))
	add("loop of host calls", func(m *asm.Module) {
		f := m.Import("host", "nothing", "", "")
		m.Func("run", "", "", "", asm.Loop(asm.Call(f), asm.Br(0)))
	})
	add("tree of 2^60 calls", func(m *asm.Module) {
		f := m.Func("", "", "", "")
		for range 60 {
			f = m.Func("", "", "", "", asm.Call(f), asm.Call(f))
		}
		m.Func("run", "", "", "", asm.Call(f))
	})
	add("recursion that ends at depth 60 and begins anew", func(m *asm.Module) {
		m.Func("", "i", "", "", asm.LocalGet(0), asm.If(
			asm.LocalGet(0), asm.I32Const(1), asm.I32Sub, asm.Call(0),
			asm.LocalGet(0), asm.I32Const(1), asm.I32Sub, asm.Call(0)))
		m.Func("run", "", "", "", asm.I32Const(60), asm.Call(0))
	})
	return out
}

// deep are guests whose calls go too deep.
func deep() map[string][]byte {
	out := map[string][]byte{}
	add := func(name string, build func(m *asm.Module)) {
		m := new(asm.Module)
		build(m)
		out[name] = m.Bytes()
	}
	add("recursion", func(m *asm.Module) { m.Func("run", "", "", "", asm.Call(0)) })
	add("mutual recursion", func(m *asm.Module) {
		m.Func("run", "", "", "", asm.Call(1))
		m.Func("", "", "", "", asm.Call(0))
	})
	add("recursion by table", func(m *asm.Module) {
		m.Table(1, 1)
		f := m.Func("run", "", "", "", asm.I32Const(0), asm.CallIndirect(m.Type("", "")))
		m.Elem(0, f)
	})
	add("recursion of wide frames", func(m *asm.Module) {
		locals := make([]byte, 200)
		for i := range locals {
			locals[i] = 'I'
		}
		m.Func("run", "", "", string(locals), asm.Call(0))
	})
	add("recursion within loops", func(m *asm.Module) {
		m.Func("run", "", "", "", asm.Loop(asm.Call(0), asm.Br(0)))
	})
	return out
}

// start loads a metered module and returns its run.
func start(t testing.TB, c *clock, wasm []byte) (api.Module, api.Function) {
	t.Helper()
	r := newRuntime(t, c)
	if _, err := r.NewHostModuleBuilder("host").NewFunctionBuilder().WithFunc(func() {}).Export("nothing").Instantiate(t.Context()); err != nil {
		t.Fatal(err)
	}
	out, err := meter.Rewrite(wasm, meter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	mod, err := r.InstantiateWithConfig(t.Context(), out, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		t.Fatal(err)
	}
	return mod, mod.ExportedFunction("run")
}

func TestHostileGuestsAreStopped(t *testing.T) {
	for name, wasm := range hostile() {
		t.Run(name, func(t *testing.T) {
			c := new(clock)
			_, f := start(t, c, wasm)
			c.limit(50 * time.Millisecond)
			if _, err := f.Call(t.Context()); !errors.Is(err, errLate) {
				t.Fatalf("got %v", err)
			}
			t.Logf("%v late, %d yields", time.Since(c.until).Round(time.Microsecond), c.yields)
		})
	}
	for name, wasm := range deep() {
		t.Run(name, func(t *testing.T) {
			c := new(clock)
			_, f := start(t, c, wasm)
			c.limit(time.Minute)
			if _, err := f.Call(t.Context()); !errors.Is(err, errDeep) {
				t.Fatalf("got %v", err)
			}
		})
	}
}
