package meter_test

import (
	"bytes"
	"testing"

	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/core/plugin/meter"
)

// jumping writes functions as Go's compiler does, out of bytes: places of code
// in one loop, which are reached by their number in a local. Each notes that it
// was there; after 300 steps the function ends.
type jumping struct {
	choices
	places int
	odd    bool // something that Go's compiler does not write may be among it
}

const (
	trail, number, steps, spare = 0, 1, 2, 3
)

// jump goes from a place, in so many blocks of its own, to any.
func (p *jumping) jump(from, inside, numbers int) []byte {
	loop := uint32(p.places - 1 - from + inside)
	to, way := asm.I32Const(int32(p.next(numbers+2)-1)), 4
	if p.odd {
		way = p.next(24)
	}
	switch way {
	case 0: // whatever the number is
		return asm.Br(loop)
	case 1:
		return asm.Code(to, asm.LocalTee(number), asm.BrIf(loop))
	case 2:
		return asm.Code(to, asm.LocalSet(number), asm.Nop, asm.Br(loop))
	case 3: // to the end of a block
		if loop > uint32(inside) {
			return asm.Br(loop - 1)
		}
		fallthrough
	default:
		return asm.Code(to, asm.LocalSet(number), asm.Br(loop))
	}
}

func (p *jumping) place(at, numbers int) []byte {
	mul, and, shift, less := []byte{0x6c}, []byte{0x71}, []byte{0x76}, []byte{0x49}
	code := asm.Code(
		asm.LocalGet(trail), asm.I32Const(31), mul, asm.I32Const(int32(at+1)), asm.I32Add, asm.LocalSet(trail),
		asm.LocalGet(steps), asm.I32Const(1), asm.I32Add, asm.LocalTee(steps), asm.I32Const(300), less, []byte{0x45}, // i32.eqz
		asm.If(asm.LocalGet(trail), asm.Return))
	for range p.next(4) {
		bit := asm.Code(asm.LocalGet(trail), asm.I32Const(int32(p.next(8))), shift, asm.I32Const(1), and)
		switch p.next(9) {
		case 8: // the number is put away meanwhile, as for calls of what is in a table
			code = asm.Code(code, asm.LocalGet(trail), asm.LocalSet(number), asm.LocalGet(number), asm.I32Const(3), asm.I32Add, asm.LocalSet(trail))
		case 0: // a loop of its own
			code = asm.Code(code, asm.I32Const(3), asm.LocalSet(spare), asm.Loop(
				asm.LocalGet(trail), asm.I32Const(7), asm.I32Add, asm.LocalSet(trail), asm.Block(bit, asm.If(p.jump(at, 3, numbers))),
				asm.LocalGet(spare), asm.I32Const(1), asm.I32Sub, asm.LocalTee(spare), asm.BrIf(0)))
		case 1: // its own way round
			code = asm.Code(code, asm.Block(bit, asm.BrIf(0), asm.LocalGet(trail), asm.I32Const(5), asm.I32Add, asm.LocalSet(trail)))
		case 2:
			code = asm.Code(code, bit, []byte{0x04, 0x40}, p.jump(at, 1, numbers), []byte{0x05}, p.jump(at, 1, numbers), asm.End)
		default:
			code = asm.Code(code, bit, asm.If(p.jump(at, 1, numbers)))
		}
	}
	if p.next(2) == 0 {
		code = asm.Code(code, p.jump(at, 0, numbers))
	}
	return code
}

func (p *jumping) build() []byte {
	p.places, p.odd = 1+p.next(12), p.next(4) == 0
	table, numbers := []byte{0x0e}, 0
	var targets []byte
	for at := range p.places {
		for range 1 + p.next(3)/2 {
			targets = append(targets, asm.U32(uint32(at))...)
			numbers++
		}
	}
	if p.odd && p.next(8) == 0 { // not in order
		targets[0] = byte(p.places - 1)
	}
	code := asm.Code(asm.LocalGet(number), table, asm.U32(uint32(numbers-1)), targets)
	for at := range p.places {
		code = asm.Code(asm.Block(code), p.place(at, numbers))
	}
	m := new(asm.Module)
	m.Func("run", "ii", "i", "iii", asm.Loop(code), asm.LocalGet(trail))
	return m.Bytes()
}

// FuzzJumps: a function whose jumps were made branches and loops goes where it went.
func FuzzJumps(f *testing.F) {
	for i := range 300 {
		f.Add(seed(i, 20+i))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		goesAsBefore(t, (&jumping{choices: choices{src}}).build(), func(n uint64) []uint64 { return []uint64{n * 77, n} })
	})
}

// A jump back makes a loop, a jump ahead none; a function with something else
// among its jumps stays as it is.
func TestJumpsBecomeLoops(t *testing.T) {
	loops := func(jump, back []byte) int {
		m := new(asm.Module)
		m.Func("run", "ii", "i", "i", asm.Loop(
			asm.Block(asm.Block(asm.Block(asm.LocalGet(number), []byte{0x0e, 2, 0, 1, 2}),
				asm.LocalGet(trail), asm.If(jump, asm.Br(3))),
				asm.LocalGet(trail), asm.I32Const(1), asm.I32Sub, asm.LocalTee(trail), asm.If(back, asm.Br(2))),
			asm.Nop), asm.LocalGet(trail))
		out, err := meter.Rewrite(m.Bytes(), meter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(out, []byte{0x03, 0x40})
	}
	put := func(n int32) []byte { return asm.Code(asm.I32Const(n), asm.LocalSet(number)) }
	for what, c := range map[string]struct {
		jump, back []byte
		loops      int
	}{
		"both ahead":          {put(2), put(2), 0},
		"back to the second":  {put(2), put(1), 1},
		"back to the first":   {put(2), put(0), 2}, // once without the table
		"back to both":        {put(0), put(1), 2},
		"number from a local": {asm.Code(asm.LocalGet(trail), asm.LocalSet(number)), put(1), 1},
		"number kept":         {put(2), asm.Code(put(1), asm.Nop), 1},
		"number used between": {asm.Code(asm.I32Const(7), asm.LocalSet(number), asm.LocalGet(number), asm.LocalSet(trail), put(2)), put(1), 1},
		"number read":         {put(2), asm.Code(asm.LocalGet(number), asm.LocalSet(trail), put(1)), 1},
	} {
		if n := loops(c.jump, c.back); n != c.loops {
			t.Errorf("%s: %d loops, not %d", what, n, c.loops)
		}
	}
}
