package meter_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/core/plugin/meter"
)

// What would take a compiler minutes or gigabytes is refused before it begins.
func TestRefused(t *testing.T) {
	module := func(build func(m *asm.Module)) []byte {
		m := new(asm.Module)
		build(m)
		return m.Bytes()
	}
	function := func(locals string, body ...[]byte) []byte {
		return module(func(m *asm.Module) {
			m.Custom("name", asm.Code([]byte{1, 7, 1, 0, 4}, []byte("main")))
			m.Func("run", "", "", locals, body...)
		})
	}
	many := func(n int, code ...[]byte) []byte {
		return []byte(strings.Repeat(string(asm.Code(code...)), n))
	}
	raw := func(id byte, body ...byte) []byte {
		return asm.Code([]byte{0, 'a', 's', 'm', 1, 0, 0, 0, id}, asm.U32(uint32(len(body))), body)
	}
	cases := map[string]struct {
		wasm []byte
		want string
	}{
		"empty":              {nil, "not a WebAssembly module"},
		"a component":        {[]byte{0, 'a', 's', 'm', 13, 0, 1, 0}, "it is a component"},
		"section of tags":    {raw(13, 0), "section 13 is unknown here: it belongs to exceptions, and a server takes WebAssembly 2.0: build it without"},
		"cut off":            {raw(1, 1)[:9], "ends too early"},
		"sections reversed":  {append(raw(3, 0), raw(1, 0)[8:]...), "type section is out of order"},
		"bytes left over":    {raw(1, 0, 0), "1 bytes too many"},
		"size":               {make([]byte, meter.MaxModule+1), "at most 16777216"},
		"types":              {raw(1, asm.U32(1<<31)...), "2147483648 types"},
		"list without items": {raw(3, 0xff, 0x7f), "ends too early"},
		"values of a type":   {raw(1, asm.Code([]byte{1, 0x60}, asm.U32(256), make([]byte, 256))...), "256 values"},
		"struct type":        {raw(1, 1, 0x5f, 0), "a type 0x5f: only functions are known: it belongs to typed references"},
		"shared memory":      {raw(5, 1, 3, 1, 1), "limits of kind 3 are unknown: it belongs to threads"},
		"two memories":       {raw(5, 2, 0, 1, 0, 1), "2 memories"},
		"tables":             {raw(4, asm.Code([]byte{17}, many(17, []byte{0x70, 0, 1}))...), "17 tables"},
		"entries of a table": {module(func(m *asm.Module) { m.Table(100_000, 0) }), "100000 entries"},
		"elements":           {raw(9, asm.Code([]byte{1, 1, 0}, asm.U32(meter.MaxElements+1), make([]byte, meter.MaxElements+1))...), "262145 elements"},
		"elements together":  {raw(9, asm.Code([]byte{2}, many(2, []byte{5, 0x70}, asm.U32(meter.MaxElements/2+1), many(meter.MaxElements/2+1, asm.RefNull(), asm.End)))...), "more than 262144 elements in all segments"},
		"names":              {raw(0, asm.Code([]byte{4}, []byte("name"), []byte{1, 6}, asm.U32(1<<31), []byte{0})...), "2147483648 names"},
		"the host's module":  {module(func(m *asm.Module) { m.Import(meter.HostModule, "yield", "I", "I") }), "the server's own"},
		"the host's export":  {module(func(m *asm.Module) { m.Func(meter.FuelExport, "", "", "") }), "the server's own"},
		"opcode":             {function("", []byte{0x06, 0x40}), "function 0 (main), at byte 1 of 4: opcode 0x06 is unknown"},
		"tail call":          {function("", []byte{0x12, 0}), "opcode 0x12 is unknown: it belongs to tail calls"},
		"relaxed vector":     {function("", []byte{0xfd, 0x80, 0x02}), "opcode 0xfd 0x80 0x02 is unknown"},
		"atomic":             {function("", []byte{0xfe, 0x03, 0x00}), "opcode 0xfe is unknown: it belongs to threads"},
		"the fuel global":    {function("", asm.I64Const(1<<40), asm.GlobalSet(0)), "global 0 does not exist"},
		"an added function":  {function("", asm.Call(1)), "function 1 does not exist"},
		"an added local":     {function("", asm.Loop(asm.I64Const(1), asm.LocalSet(0), asm.Br(0))), "local 0 does not exist"},
		"an added type":      {function("", asm.I32Const(0), asm.CallIndirect(1)), "type 1 does not exist"},
		"operands":           {function("", asm.Drop), "more operands than there are"},
		"locals":             {function(strings.Repeat("i", meter.MaxLocals+1)), "at most 10000 are taken"},
		"size of a function": {function("", many(meter.MaxBody, asm.Nop)), "at most 131072 are taken"},
		"blocks":             {function("", many(5000, asm.Block())), "more than 4096 blocks"},
		"branches":           {function("i", asm.Block(many(5000, asm.LocalGet(0), asm.BrIf(0)))), "more than 4096 blocks"},
		"blocks and locals":  {function(strings.Repeat("i", 5000), many(1000, asm.Block())), "with 5000 locals"},
		"values moved": {module(func(m *asm.Module) {
			f := m.Func("", strings.Repeat("i", 200), strings.Repeat("i", 200), "", asm.Unreachable)
			m.Func("", "", "", "", asm.Unreachable, many(1000, asm.Call(f)))
		}), "move over 262144 values"},
		"locals of all functions": {module(func(m *asm.Module) {
			for range 200 {
				m.Func("", "", "", strings.Repeat("i", 9000))
			}
		}), "more than 1048576 locals"},
		"sizes of all functions": {module(func(m *asm.Module) {
			for range 5 {
				m.Func("", "", "", "", many(meter.MaxBody-100, asm.Nop))
			}
		}), "would take minutes"},
		"calls of all functions": {module(func(m *asm.Module) {
			f := m.Func("", "", "", "", asm.Nop)
			for range 500 {
				m.Func("", "", "", "", many(5_000, asm.Call(f)))
			}
		}), "would take minutes"},
		"truncations of all functions": {module(func(m *asm.Module) {
			for range 500 {
				m.Func("", "i", "i", "", asm.LocalGet(0), many(5_000, []byte{0xb2, 0xa8}))
			}
		}), "would take minutes"},
		"short copies of all functions": {module(func(m *asm.Module) {
			m.Memory(1, 1)
			for range 1000 {
				m.Func("", "", "", "", many(600, asm.I32Const(0), asm.I32Const(0), asm.I32Const(8), []byte{0xfc, 10, 0, 0}))
			}
		}), "would take minutes"},
		"calls through a table": {module(func(m *asm.Module) {
			m.Table(1, 1)
			for range 100 {
				m.Func("", "", "", "", many(3_000, asm.I32Const(0), asm.CallIndirect(0)))
			}
		}), "would take minutes"},
		"blocks of all functions": {module(func(m *asm.Module) {
			for range 5 {
				m.Func("", "", "", "", many(4000, asm.Block()))
			}
		}), "would take minutes"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			out, err := meter.Rewrite(c.wasm, meter.Options{})
			if err == nil || out != nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A compiler gives values that live across calls a place each: the stack of
// long functions grows faster than their locals and operands say.
func TestStackOfLongFunctionsIsBounded(t *testing.T) {
	m := new(asm.Module)
	leaf := m.Func("", "i", "i", "", asm.LocalGet(0), asm.I32Const(1), asm.I32Add)
	var body []byte
	for i := range uint32(5000) {
		body = append(body, asm.Code(asm.LocalGet(i%2), asm.Call(leaf), asm.LocalSet(i%2))...)
	}
	m.Func("", "ii", "i", "", body, asm.LocalGet(0), asm.LocalGet(1), asm.Call(leaf+1))
	m.Func("run", "", "", "", asm.I32Const(1), asm.I32Const(1), asm.Call(leaf+1), asm.Drop)
	c := new(clock)
	_, f := start(t, c, m.Bytes())
	c.limit(time.Minute)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := f.Call(t.Context())
	runtime.ReadMemStats(&after)
	if !errors.Is(err, errDeep) {
		t.Fatalf("got %v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 40<<20 {
		t.Errorf("the stack took %d bytes", took)
	}
}

// Depth and stack are counted exactly where frames are small and large.
func TestDepthIsExact(t *testing.T) {
	m := new(asm.Module)
	// Goes as deep as it is told.
	m.Func("", "i", "", "", asm.LocalGet(0), asm.If(asm.LocalGet(0), asm.I32Const(1), asm.I32Sub, asm.Call(0)))
	m.Func("deepest", "", "", "", asm.I32Const(meter.DefaultDepth-2), asm.Call(0))
	m.Func("run", "", "", "", asm.I32Const(meter.DefaultDepth-1), asm.Call(0))
	mod, f := start(t, new(clock), m.Bytes())
	for range 3 { // what is taken is given back
		if _, err := mod.ExportedFunction("deepest").Call(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Call(t.Context()); !errors.Is(err, errDeep) {
		t.Fatalf("got %v", err)
	}
}
