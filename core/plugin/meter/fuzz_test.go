package meter_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/core/plugin/meter"
)

// FuzzRewrite: whatever comes, Rewrite returns; and what it accepts is valid
// afterwards exactly if it was before.
func FuzzRewrite(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(specDir(f), "v2", "testdata", "*.wasm"))
	if len(files) == 0 {
		f.Fatal("there are no seeds")
	}
	for i, file := range files {
		wasm, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if i%8 == 0 && len(wasm) < 4096 { // the whole suite runs elsewhere
			f.Add(wasm)
		}
	}
	for _, wasm := range hostile() {
		if len(wasm) < 4096 {
			f.Add(wasm)
		}
	}
	f.Fuzz(func(t *testing.T, wasm []byte) {
		out, err := meter.Rewrite(wasm, meter.Options{})
		if err != nil {
			if out != nil {
				t.Fatal("an error and a module")
			}
			return
		}
		r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
		defer func() { _ = r.Close(t.Context()) }()
		_, before := r.CompileModule(t.Context(), withoutCustom(wasm))
		_, after := r.CompileModule(t.Context(), out)
		if (before == nil) != (after == nil) {
			t.Fatalf("before: %v\nafter: %v", before, after)
		}
	})
}

// withoutCustom leaves out the custom sections of a well-formed module: wazero
// refuses some for what the specification says must not matter.
func withoutCustom(wasm []byte) []byte {
	out, rest := append([]byte{}, wasm[:8]...), wasm[8:]
	for len(rest) > 0 {
		size, n := binary.Uvarint(rest[1:])
		end := 1 + n + int(size)
		if rest[0] != 0 {
			out = append(out, rest[:end]...)
		}
		rest = rest[end:]
	}
	return out
}

// program writes modules out of bytes: functions of two i32 that end, compute
// on locals, memory and each other, and return one i32.
type program struct {
	choices
	m     *asm.Module
	depth int
	below asm.Func // functions that may be called are smaller
}

// value leaves one i32.
func (p *program) value() []byte {
	if p.depth++; p.depth > 8 || len(p.src) == 0 {
		p.depth--
		return asm.LocalGet(uint32(p.next(4)))
	}
	defer func() { p.depth-- }()
	ops := []byte{0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x76, 0x46, 0x48, 0x6e, 0x6f}
	switch p.next(9) {
	case 0:
		return asm.I32Const(int32(p.next(256)) - 100)
	case 1, 2:
		return asm.Code(p.value(), p.value(), ops[p.next(len(ops)):][:1])
	case 3:
		if p.below == 0 {
			break
		}
		return asm.Code(p.value(), p.value(), asm.Call(asm.Func(p.next(int(p.below)))))
	case 4:
		if p.below == 0 {
			break
		}
		return asm.Code(p.value(), p.value(), asm.I32Const(int32(p.next(int(p.below)))), asm.CallIndirect(p.m.Type("ii", "i")))
	case 5:
		return asm.Code(p.value(), asm.I32Const(1023), []byte{0x71}, asm.Load32(uint32(p.next(64))))
	case 6: // if with a result
		return asm.Code(p.value(), []byte{0x04, 0x7f}, p.value(), []byte{0x05}, p.value(), asm.End)
	case 7: // block left by a branch with a value
		return asm.Code([]byte{0x02, 0x7f}, p.value(), p.value(), asm.BrIf(0), p.statement(), asm.End)
	case 8:
		return asm.Code(asm.I32Const(int32(p.next(2))), asm.MemoryGrow)
	}
	return asm.LocalGet(uint32(p.next(4)))
}

// statement leaves nothing.
func (p *program) statement() []byte {
	if p.depth++; p.depth > 8 || len(p.src) == 0 {
		p.depth--
		return asm.Nop
	}
	defer func() { p.depth-- }()
	switch p.next(8) {
	case 0, 1:
		return asm.Code(p.value(), asm.LocalSet(uint32(p.next(4))))
	case 2:
		return asm.Code(p.value(), asm.I32Const(1023), []byte{0x71}, p.value(), asm.Store32(uint32(p.next(64))))
	case 3:
		counter := uint32(3 + p.depth) // its own at each depth
		return asm.Code(asm.I32Const(int32(p.next(5))), asm.LocalSet(counter), asm.Loop(
			p.statement(), asm.LocalGet(counter), asm.I32Const(1), asm.I32Sub, asm.LocalTee(counter),
			asm.I32Const(0), []byte{0x4a}, asm.BrIf(0))) // i32.gt_s
	case 4:
		return asm.Code(p.value(), asm.If(p.value(), asm.Return))
	case 5:
		return asm.Block(asm.Block(asm.Block(p.value(), []byte{0x0e, 2, 0, 1, 2}), p.statement()), p.statement())
	case 6:
		length := asm.Code(p.value(), asm.I32Const(255), []byte{0x71})
		if p.next(2) == 0 {
			length = asm.I32Const(int32(p.next(200)))
		}
		op := [][]byte{asm.MemoryFill(), {0xfc, 10, 0, 0}}[p.next(2)]
		return asm.Code(p.value(), asm.I32Const(511), []byte{0x71}, p.value(), asm.I32Const(511), []byte{0x71}, length, op)
	default:
		return asm.Code(p.statement(), p.statement(), p.statement())
	}
}

func (p *program) build() []byte {
	p.m = new(asm.Module)
	p.m.Memory(1, 4)
	n := 1 + p.next(6)
	p.m.Table(uint32(n), uint32(n))
	var funcs []asm.Func
	for range n {
		body := asm.Code(p.statement(), p.statement(), p.value())
		f := p.m.Func(fmt.Sprint("f", p.below), "ii", "i", strings.Repeat("i", 12), body)
		funcs = append(funcs, f)
		p.below++
	}
	p.m.Elem(0, funcs...)
	return p.m.Bytes()
}

// choices makes numbers of a fuzzer's bytes, and 0 when none are left.
type choices struct{ src []byte }

func (c *choices) next(n int) int {
	if len(c.src) == 0 {
		return 0
	}
	b := c.src[0]
	c.src = c.src[1:]
	return int(b) % n
}

// seed is size bytes without order, others for each i.
func seed(i, size int) []byte {
	b := make([]byte, size)
	x := uint32(i*2654435761 + 1)
	for k := range b {
		x = x*1664525 + 1013904223
		b[k] = byte(x >> 24)
	}
	return b
}

// FuzzResults: a metered program does what the program does.
func FuzzResults(f *testing.F) {
	for i := range 40 {
		f.Add(seed(i, 400))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 1500 {
			return
		}
		wasm := (&program{choices: choices{src}}).build()
		out, err := meter.Rewrite(wasm, meter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var told [2]string
		for i, wasm := range [][]byte{out, wasm} {
			r := newRuntime(t, &clock{most: 100})
			mod, err := r.Instantiate(t.Context(), wasm)
			if err != nil {
				t.Fatal(err)
			}
			for n := 0; mod.ExportedFunction(fmt.Sprint("f", n)) != nil; n++ {
				results, err := mod.ExportedFunction(fmt.Sprint("f", n)).Call(t.Context(), 7, uint64(n))
				reason := "ok"
				if errors.Is(err, errLate) {
					return // it takes too long: not to be tried without metering
				}
				if err != nil {
					reason, _, _ = strings.Cut(err.Error(), "\n")
				}
				told[i] += fmt.Sprintln(n, results, reason)
			}
			memory, _ := mod.Memory().Read(0, 4096)
			told[i] += fmt.Sprintf("%d %x", mod.Memory().Size(), memory)
		}
		if told[0] != told[1] {
			t.Fatalf("metered %s\nunmetered %s", told[0], told[1])
		}
	})
}

// goesAsBefore has the function run of a module called 20 times, with numbers
// made of 0 to 19, metered and not.
func goesAsBefore(t *testing.T, wasm []byte, numbers func(n uint64) []uint64) {
	out, err := meter.Rewrite(wasm, meter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var told [2]string
	for i, wasm := range [][]byte{out, wasm} {
		mod, err := newRuntime(t, &clock{most: 1000}).Instantiate(t.Context(), wasm)
		if err != nil {
			t.Fatal(err)
		}
		for n := range uint64(20) {
			results, err := mod.ExportedFunction("run").Call(t.Context(), numbers(n)...)
			if errors.Is(err, errLate) {
				return // it goes round without a step: not to be tried without metering
			}
			told[i] += fmt.Sprintln(results, err)
		}
	}
	if told[0] != told[1] {
		t.Fatalf("metered %s\nunmetered %s", told[0], told[1])
	}
}
