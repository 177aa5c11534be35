package meter_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/core/plugin/meter"
)

// folding writes sums, conditions, loads and stores out of bytes, in a function
// of the form that Go's compiler gives them.
type folding struct{ jumping }

const large, small = 2, 3 // locals of 64 and 32 bits

// op is an instruction behind its operands.
func op(code int, operands ...[]byte) []byte { return append(asm.Code(operands...), byte(code)) }

// address is one in the first pages, often a sum.
func (f *folding) address() []byte {
	at := op(0x71, asm.LocalGet(small), asm.I32Const(0xfff)) // i32.and
	if f.next(4) == 0 {
		return at
	}
	more := []int64{1, 8, 16, 200, 0xffff, -8, 0, 1 << 16}[f.next(8)]
	return op(0xa7, op(0x7c, at, asm.ExtendU, asm.I64Const(more))) // i32.wrap_i64, i64.add
}

func (f *folding) narrow(depth int) []byte {
	kind := f.next(8)
	if depth == 0 {
		kind %= 2
	}
	switch kind {
	case 0:
		return asm.LocalGet(small)
	case 1:
		return asm.I32Const(int32(f.next(5) - 2))
	case 2:
		return op(0x46+f.next(10), f.narrow(depth-1), f.narrow(depth-1)) // i32.eq to i32.ge_u
	case 3:
		return op(0x51+f.next(10), f.wide(depth-1), f.wide(depth-1)) // i64.eq to i64.ge_u
	case 4:
		return op(0x50, f.wide(depth-1)) // i64.eqz
	case 5:
		return op(0xa7, f.wide(depth-1))
	case 6:
		return asm.Code(f.address(), asm.Load8(uint32(f.next(64))))
	default:
		return op(0x45, f.narrow(depth-1)) // i32.eqz
	}
}

func (f *folding) wide(depth int) []byte {
	kind := f.next(6)
	if depth == 0 {
		kind %= 2
	}
	switch kind {
	case 0:
		return asm.LocalGet(large)
	case 1:
		return asm.I64Const(int64(f.next(5) - 2))
	case 2:
		return asm.Code(f.address(), asm.Load64(uint32(f.next(64))))
	case 3:
		return op(0x85, f.wide(depth-1), f.wide(depth-1)) // i64.xor
	default:
		return asm.Code(f.narrow(depth-1), asm.ExtendU)
	}
}

func (f *folding) statement(depth int) []byte {
	switch f.next(4) {
	case 0:
		return asm.Code(f.wide(4), asm.LocalSet(large))
	case 1:
		return asm.Code(f.address(), f.wide(f.next(4)), []byte{0x37, 0, byte(f.next(64))}) // i64.store
	case 2:
		if depth > 0 {
			return asm.Code(f.narrow(4), asm.If(f.statement(depth-1), f.statement(depth-1)))
		}
		fallthrough
	default:
		return asm.Code(f.narrow(4), asm.LocalSet(small))
	}
}

func (f *folding) build() []byte {
	var code []byte
	for range 2 + f.next(12) {
		code = asm.Code(code, f.statement(2))
	}
	again := asm.Code(asm.LocalGet(trail), asm.I32Const(1), asm.I32Sub, asm.LocalTee(trail),
		asm.If(asm.I32Const(0), asm.LocalSet(number), asm.Br(1)))
	m := new(asm.Module)
	m.Memory(2, 2)
	m.Func("run", "iiIi", "I", "", asm.Loop(asm.Block(asm.LocalGet(number), []byte{0x0e, 0, 0}), code, again),
		op(0x85, asm.Code(asm.LocalGet(small), asm.ExtendU), asm.LocalGet(large)))
	return m.Bytes()
}

// FuzzFolds: a function whose sums and conditions were written otherwise
// computes what it computed.
func FuzzFolds(f *testing.F) {
	for i := range 300 {
		f.Add(seed(i, 50+3*i))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		wasm := (&folding{jumping{choices: choices{src}}}).build()
		out, err := meter.Rewrite(wasm, meter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var told [2]strings.Builder
		for i, wasm := range [][]byte{out, wasm} {
			mod, err := newRuntime(t, &clock{}).Instantiate(t.Context(), wasm)
			if err != nil {
				t.Fatal(err)
			}
			for n := range uint64(8) {
				results, err := mod.ExportedFunction("run").Call(t.Context(), 3, 0, n*0x1234567, n*77)
				memory, _ := mod.Memory().Read(0, mod.Memory().Size())
				fmt.Fprintln(&told[i], results, err != nil, strings.Trim(string(memory), "\x00"))
			}
		}
		if told[0].String() != told[1].String() {
			t.Fatalf("metered %s\nunmetered %s", &told[0], &told[1])
		}
	})
}

// What becomes of Go's sums and conditions.
func TestFolds(t *testing.T) {
	sum := func(more int64) []byte {
		return op(0xa7, op(0x7c, asm.LocalGet(small), asm.ExtendU, asm.I64Const(more)))
	}
	less := []byte{0x53} // i64.lt_s
	for what, c := range map[string]struct{ from, to []byte }{
		"load":             {asm.Code(sum(40), asm.Load64(8)), asm.Code(asm.LocalGet(small), asm.Load64(48))},
		"store":            {asm.Code(sum(40), asm.LocalGet(large), []byte{0x37, 0, 0}), asm.Code(asm.LocalGet(small), asm.LocalGet(large), []byte{0x37, 0, 40})},
		"too much":         {asm.Code(sum(1<<16), asm.Load64(8)), asm.Code(sum(1<<16), asm.Load64(8))},
		"negative":         {asm.Code(sum(-8), asm.Load64(8)), asm.Code(sum(-8), asm.Load64(8))},
		"another's":        {asm.Code(sum(8), asm.I32Const(1), asm.I32Add), asm.Code(sum(8), asm.I32Const(1), asm.I32Add)},
		"not less":         {asm.Code(less, []byte{0x45}), []byte{0x59}},
		"twice":            {asm.Code(less, []byte{0x45, 0x45}), less},
		"extended":         {asm.Code(less, asm.ExtendU, []byte{0x50}), []byte{0x59}},
		"extended for one": {asm.Code(less, asm.ExtendU, []byte{0xa7}), less},
		"not nothing":      {[]byte{0x50, 0x45}, []byte{0x42, 0, 0x52}},
		"not not a number": {[]byte{0x63, 0x45}, []byte{0x63, 0x45}}, // f64.lt
	} {
		if got := meter.Folded(c.from); string(got) != string(c.to) {
			t.Errorf("%s: % x became % x, not % x", what, c.from, got, c.to)
		}
	}
}
