package meter_test

import (
	"bytes"
	"testing"

	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/core/plugin/meter"
)

// turning writes functions out of bytes: blocks, ifs and loops in each other,
// with branches from everywhere to everywhere around. Each piece of code notes
// that it was there; after 300 turns the function ends.
type turning struct {
	choices
	notes  int32
	labels int // that are open, the function's included
}

// bit leaves one of the trail's.
func (p *turning) bit() []byte {
	return asm.Code(asm.LocalGet(trail), asm.I32Const(int32(p.next(9))), []byte{0x76}, asm.I32Const(1), []byte{0x71})
}

func (p *turning) note() []byte {
	p.notes++
	return asm.Code(asm.LocalGet(trail), asm.I32Const(31), []byte{0x6c}, asm.I32Const(p.notes), asm.I32Add, asm.LocalSet(trail))
}

func (p *turning) inside(open func(...[]byte) []byte, before []byte) []byte {
	p.labels++
	code := asm.Code(before, p.code())
	p.labels--
	return open(code)
}

func (p *turning) code() []byte {
	var code []byte
	for range 1 + p.next(4) {
		piece := p.note()
		kind := p.next(8)
		if p.labels > 6 && kind > 3 {
			kind = 0
		}
		switch kind {
		case 1, 2:
			piece = asm.Code(p.bit(), asm.BrIf(uint32(p.next(p.labels-1))))
		case 3:
			piece = asm.Code(p.bit(), asm.If(p.note(), asm.Br(uint32(1+p.next(p.labels-1)))))
		case 4:
			piece = p.inside(asm.Block, nil)
		case 5:
			piece = asm.Code(p.bit(), p.inside(asm.If, nil))
		case 6, 7:
			piece = p.inside(asm.Loop, asm.Code(p.note(),
				asm.LocalGet(1), asm.I32Const(1), asm.I32Add, asm.LocalTee(1), asm.I32Const(300), []byte{0x4b}, // i32.gt_u
				asm.If(asm.LocalGet(trail), asm.Return)))
		}
		code = asm.Code(code, piece)
	}
	if p.next(4) == 0 {
		code = asm.Code(code, asm.Br(uint32(p.next(p.labels-1))))
	}
	return code
}

func (p *turning) build() []byte {
	m := new(asm.Module)
	p.labels = 2
	m.Func("run", "i", "i", "i", asm.Block(p.code()), asm.LocalGet(trail))
	return m.Bytes()
}

// FuzzUnroll: a function whose loops were written several times goes where it went.
func FuzzUnroll(f *testing.F) {
	for i := range 300 {
		f.Add(seed(i, 20+i/2))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 500 {
			return
		}
		goesAsBefore(t, (&turning{choices: choices{src}}).build(), func(n uint64) []uint64 { return []uint64{n * 77} })
	})
}

// Small loops are written four times, others as they were, and a module's code
// does not grow without bounds.
func TestLoopsAreUnrolled(t *testing.T) {
	step := asm.Code(asm.LocalGet(0), asm.I32Const(3), asm.I32Add, asm.LocalSet(0))
	again := asm.Code(asm.LocalGet(0), asm.I32Const(77), asm.I32LtU, asm.BrIf(0))
	copies := func(before int, code ...[]byte) int {
		m := new(asm.Module)
		m.Memory(1, 1)
		for range before {
			m.Func("", "i", "", "", asm.Loop(repeat(asm.Nop, 150), again))
		}
		m.Func("run", "i", "i", "", asm.Code(code...), asm.LocalGet(0))
		out, err := meter.Rewrite(m.Bytes(), meter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(out, step)
	}
	for what, c := range map[string]struct {
		loop   []byte
		copies int
	}{
		"small":        {asm.Loop(step, again), 4},
		"in a loop":    {asm.Loop(asm.Loop(step, again), again), 4},
		"left alone":   {asm.Loop(step), 1},
		"with a loop":  {asm.Loop(asm.Loop(asm.Nop), step, again), 1},
		"with a table": {asm.Loop(asm.Block(asm.LocalGet(0), []byte{0x0e, 1, 0, 1}), step, again), 1},
		"with bytes":   {asm.Loop(asm.LocalGet(0), asm.LocalGet(0), asm.LocalGet(0), asm.MemoryFill(), step, again), 1},
		"with results": {asm.Code([]byte{0x03, 0x7f}, step, again, asm.LocalGet(0), asm.End, asm.Drop), 1},
		"large":        {asm.Loop(step, repeat(asm.Nop, 200), again), 1},
		"unreachable":  {asm.Code(asm.LocalGet(0), asm.Return, asm.Loop(step, again)), 1},
		"one of many":  {repeat(asm.Loop(step, again), 80), 80 + 3*62},
	} {
		if n := copies(0, c.loop); n != c.copies {
			t.Errorf("%s: %d copies, not %d", what, n, c.copies)
		}
	}
	if n := copies(3000, repeat(asm.Loop(step, again), 20)); n != 20+3*2 {
		t.Errorf("20 loops behind 3,000: %d copies", n)
	}
}
