package meter_test

import (
	"os"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/core/plugin/meter"
)

// kernels are small guests as compilers write them; each exports
// run: (i32) -> i32.
func kernels() map[string][]byte {
	out := map[string][]byte{}
	add := func(name string, build func(m *asm.Module)) {
		m := new(asm.Module)
		m.Memory(2, 2)
		build(m)
		out[name] = m.Bytes()
	}
	mul, xor, and, rem := []byte{0x6c}, []byte{0x73}, []byte{0x71}, []byte{0x70}
	add("nothing", func(m *asm.Module) { m.Func("run", "i", "i", "", asm.LocalGet(0)) })
	add("hash of 4 KiB", func(m *asm.Module) { // locals: 1 sum, 2 at
		m.Func("run", "i", "i", "ii", asm.Loop(
			asm.LocalGet(1), asm.LocalGet(2), asm.Load8(0), xor, asm.I32Const(16777619), mul, asm.LocalSet(1),
			asm.LocalGet(2), asm.I32Const(1), asm.I32Add, asm.LocalTee(2), asm.I32Const(4096), asm.I32LtU, asm.BrIf(0)),
			asm.LocalGet(1))
	})
	add("calls of a small function", func(m *asm.Module) {
		f := m.Func("", "i", "i", "", asm.LocalGet(0), asm.I32Const(31), mul, asm.I32Const(7), asm.I32Add)
		m.Func("run", "i", "i", "i", asm.Loop(
			asm.LocalGet(0), asm.Call(f), asm.LocalSet(0),
			asm.LocalGet(1), asm.I32Const(1), asm.I32Add, asm.LocalTee(1), asm.I32Const(1000), asm.I32LtU, asm.BrIf(0)),
			asm.LocalGet(0))
	})
	add("fibonacci of 18 by recursion", func(m *asm.Module) {
		m.Func("", "i", "i", "", asm.LocalGet(0), asm.I32Const(2), asm.I32LtU, []byte{0x04, 0x7f}, asm.LocalGet(0), []byte{0x05},
			asm.LocalGet(0), asm.I32Const(1), asm.I32Sub, asm.Call(0),
			asm.LocalGet(0), asm.I32Const(2), asm.I32Sub, asm.Call(0), asm.I32Add, asm.End)
		m.Func("run", "i", "i", "", asm.I32Const(18), asm.Call(0))
	})
	add("scanner of 4 KiB with a branch table", func(m *asm.Module) { // 1 at, 2 state
		cases := asm.Code(asm.LocalGet(1), asm.Load8(0), asm.LocalGet(2), asm.I32Add, asm.I32Const(3), and, []byte{0x0e, 3, 0, 1, 2, 3})
		for i := range 4 {
			cases = asm.Code(asm.Block(cases), asm.LocalGet(2), asm.I32Const(int32(i+3)), mul, asm.I32Const(7), asm.I32Add, asm.LocalSet(2), asm.Br(uint32(3-i)))
		}
		m.Func("run", "i", "i", "ii", asm.Loop(asm.Block(cases),
			asm.LocalGet(1), asm.I32Const(1), asm.I32Add, asm.LocalTee(1), asm.I32Const(4096), asm.I32LtU, asm.BrIf(0)),
			asm.LocalGet(2))
	})
	add("sieve", func(m *asm.Module) { // 1 step, 2 at
		m.Func("run", "i", "i", "ii", asm.I32Const(2), asm.LocalSet(1), asm.Loop(
			asm.LocalGet(1), asm.LocalSet(2), asm.Loop(
				asm.LocalGet(2), asm.LocalGet(1), []byte{0x36, 0, 0},
				asm.LocalGet(2), asm.LocalGet(1), asm.I32Add, asm.LocalTee(2), asm.I32Const(2000), asm.I32LtU, asm.BrIf(0)),
			asm.LocalGet(1), asm.I32Const(1), asm.I32Add, asm.LocalTee(1), asm.I32Const(50), asm.I32LtU, asm.BrIf(0)),
			asm.LocalGet(2), asm.I32Const(97), rem)
	})
	add("copies of 64 bytes", func(m *asm.Module) {
		m.Func("run", "i", "i", "i", asm.Loop(
			asm.I32Const(4096), asm.I32Const(0), asm.I32Const(64), []byte{0xfc, 10, 0, 0},
			asm.LocalGet(1), asm.I32Const(1), asm.I32Add, asm.LocalTee(1), asm.I32Const(1000), asm.I32LtU, asm.BrIf(0)),
			asm.LocalGet(0))
	})
	return out
}

// BenchmarkKernels runs each kernel in turns without and with metering, so that
// both meet the same machine, and tells how many times as long it takes.
func BenchmarkKernels(b *testing.B) {
	for name, wasm := range kernels() {
		b.Run(name, func(b *testing.B) {
			out, err := meter.Rewrite(wasm, meter.Options{})
			if err != nil {
				b.Fatal(err)
			}
			r := newRuntime(b, new(clock))
			var run [2]func()
			for i, wasm := range [][]byte{wasm, out} {
				mod, err := r.InstantiateWithConfig(b.Context(), wasm, wazero.NewModuleConfig().WithName(""))
				if err != nil {
					b.Fatal(err)
				}
				f, stack := mod.ExportedFunction("run"), make([]uint64, 1)
				run[i] = func() {
					if err := f.CallWithStack(b.Context(), stack); err != nil {
						b.Fatal(err)
					}
				}
			}
			compare(b, run)
		})
	}
}

// BenchmarkRewrite is the time at load.
func BenchmarkRewrite(b *testing.B) {
	wasm, err := os.ReadFile("../../../plugins/chat/chat.wasm")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(wasm)))
	for b.Loop() {
		if _, err := meter.Rewrite(wasm, meter.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
