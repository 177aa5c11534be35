package meter_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/core/plugin/meter"
)

// BenchmarkCompileBombs tells how long the largest functions that are taken, and
// larger and smaller ones, keep the compiler busy: seconds, by their size.
func BenchmarkCompileBombs(b *testing.B) {
	for name, build := range map[string]func(m *asm.Module, size int){
		"calls": func(m *asm.Module, size int) {
			f := m.Func("", "iiii", "i", "", asm.LocalGet(0))
			unit := asm.Code(asm.LocalGet(0), asm.LocalGet(1), asm.LocalGet(2), asm.LocalGet(3), asm.Call(f), asm.LocalSet(0))
			m.Func("run", "", "", "iiii", repeat(unit, size/len(unit)))
		},
		"values that live on": func(m *asm.Module, size int) {
			f := m.Func("", "", "i", "", asm.I32Const(1))
			n := size / 4
			m.Func("run", "", "", "", repeat(asm.Call(f), n), repeat(asm.I32Add, n-1), asm.Drop)
		},
		"locals in turn": func(m *asm.Module, size int) {
			f := m.Func("", "i", "i", "", asm.LocalGet(0))
			locals := make([]byte, 250)
			for i := range locals {
				locals[i] = 'i'
			}
			var body []byte
			for i := uint32(0); len(body) < size; i++ {
				body = append(body, asm.Code(asm.LocalGet(i%250), asm.LocalGet((i*7+1)%250), asm.I32Add, asm.Call(f), asm.LocalSet((i*13)%250))...)
			}
			m.Func("run", "", "", string(locals), body)
		},
		"loads and stores": func(m *asm.Module, size int) {
			m.Memory(1, 1)
			unit := asm.Code(asm.LocalGet(0), asm.LocalGet(0), asm.Load32(0), asm.I32Const(3), asm.I32Add, asm.Store32(0))
			m.Func("run", "", "", "i", repeat(unit, size/len(unit)))
		},
		"blocks of calls": func(m *asm.Module, size int) {
			f := m.Func("", "i", "i", "", asm.LocalGet(0))
			n := 2000
			unit := asm.Block(asm.LocalGet(0), asm.BrIf(0), repeat(asm.Code(asm.LocalGet(0), asm.Call(f), asm.LocalSet(0)), max(1, size/n/7)))
			m.Func("run", "", "", "i", repeat(unit, n))
		},
	} {
		for _, size := range []int{32 << 10, 64 << 10, 128 << 10, 256 << 10, 500 << 10} {
			b.Run(fmt.Sprintf("%s/%d KiB", name, size>>10), func(b *testing.B) {
				m := new(asm.Module)
				build(m, size)
				out, err := meter.Rewrite(m.Bytes(), meter.Options{})
				if err != nil {
					b.Skip(err) // refused: nothing to measure
				}
				start := time.Now()
				for b.Loop() {
					r := wazero.NewRuntime(b.Context())
					if _, err := r.CompileModule(b.Context(), out); err != nil {
						b.Fatal(err)
					}
					if err := r.Close(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(time.Since(start).Seconds()/float64(b.N), "s")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func repeat(code []byte, n int) []byte {
	out := make([]byte, 0, n*len(code))
	for range n {
		out = append(out, code...)
	}
	return out
}
