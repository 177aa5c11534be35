// Package asm writes small WebAssembly modules (core specification, 5: binary
// format), so that tests need no compiler and no committed binaries.
package asm

import "encoding/binary"

// Type is a value type as its byte.
type Type byte

// The value types.
const (
	I32     Type = 0x7f
	I64     Type = 0x7e
	F32     Type = 0x7d
	F64     Type = 0x7c
	V128    Type = 0x7b
	FuncRef Type = 0x70
)

// Func numbers a function, imports first.
type Func uint32

// Module is a module being written. Imports come before functions.
type Module struct {
	types   [][]byte
	imports [][]byte
	funcs   []byte // type indices
	nfuncs  uint32
	codes   [][]byte
	tables  [][]byte
	memory  []byte
	globals [][]byte
	exports [][]byte
	start   []byte
	elems   [][]byte
	data    [][]byte
	custom  []byte
	ndefs   int
}

// Types reads a list of types: i is i32, I is i64.
func Types(s string) []Type {
	out := make([]Type, len(s))
	for i, c := range s {
		out[i] = I32
		if c == 'I' {
			out[i] = I64
		}
	}
	return out
}

// Type adds a function type and returns its index.
func (m *Module) Type(params, results string) uint32 {
	t := append([]byte{0x60}, typeVec(params)...)
	t = append(t, typeVec(results)...)
	for i, have := range m.types {
		if string(have) == string(t) {
			return uint32(i)
		}
	}
	m.types = append(m.types, t)
	return uint32(len(m.types) - 1)
}

func typeVec(s string) []byte {
	out := U32(uint32(len(s)))
	for _, t := range Types(s) {
		out = append(out, byte(t))
	}
	return out
}

// Import adds an imported function.
func (m *Module) Import(module, name, params, results string) Func {
	if len(m.codes) > 0 {
		panic("asm: imports come before functions")
	}
	m.imports = append(m.imports, Code(text(module), text(name), []byte{0x00}, U32(m.Type(params, results))))
	m.nfuncs++
	return Func(m.nfuncs - 1)
}

// Func adds a function; it is exported under export unless that is "". locals
// are its further locals; the body needs no end.
func (m *Module) Func(export, params, results, locals string, body ...[]byte) Func {
	m.funcs = append(m.funcs, U32(m.Type(params, results))...)
	m.ndefs++
	code := U32(uint32(len(locals)))
	for _, t := range Types(locals) {
		code = append(code, 1, byte(t))
	}
	code = append(append(code, Code(body...)...), 0x0b)
	m.codes = append(m.codes, append(U32(uint32(len(code))), code...))
	f := Func(m.nfuncs)
	m.nfuncs++
	if export != "" {
		m.exports = append(m.exports, Code(text(export), []byte{0x00}, U32(uint32(f))))
	}
	return f
}

// Memory gives the module a memory of pages, exported as "memory"; most is its
// largest size, 0 for none.
func (m *Module) Memory(pages, most uint32) {
	m.memory = limits(pages, most)
	m.exports = append(m.exports, Code(text("memory"), []byte{0x02, 0x00}))
}

// Table adds a table of functions.
func (m *Module) Table(least, most uint32) {
	m.tables = append(m.tables, append([]byte{byte(FuncRef)}, limits(least, most)...))
}

// Elem puts functions into table 0 from offset on.
func (m *Module) Elem(offset int32, funcs ...Func) {
	e := Code([]byte{0x00}, I32Const(offset), []byte{0x0b}, U32(uint32(len(funcs))))
	for _, f := range funcs {
		e = append(e, U32(uint32(f))...)
	}
	m.elems = append(m.elems, e)
}

// Global adds a mutable i32 and returns its index.
func (m *Module) Global(value int32) uint32 {
	m.globals = append(m.globals, Code([]byte{byte(I32), 1}, I32Const(value), []byte{0x0b}))
	return uint32(len(m.globals) - 1)
}

// Start makes f the start function.
func (m *Module) Start(f Func) { m.start = U32(uint32(f)) }

// Data puts bytes into memory at offset.
func (m *Module) Data(offset int32, b []byte) {
	m.data = append(m.data, Code([]byte{0x00}, I32Const(offset), []byte{0x0b}, U32(uint32(len(b))), b))
}

// Custom adds a custom section.
func (m *Module) Custom(name string, b []byte) {
	m.custom = append(m.custom, section(0, Code(text(name), b))...)
}

// Bytes is the module's binary.
func (m *Module) Bytes() []byte {
	out := []byte{0, 'a', 's', 'm', 1, 0, 0, 0}
	vec := func(id byte, items [][]byte) {
		if len(items) > 0 {
			out = append(out, section(id, append(U32(uint32(len(items))), Code(items...)...))...)
		}
	}
	vec(1, m.types)
	vec(2, m.imports)
	if m.ndefs > 0 {
		out = append(out, section(3, append(U32(uint32(m.ndefs)), m.funcs...))...)
	}
	vec(4, m.tables)
	if m.memory != nil {
		vec(5, [][]byte{m.memory})
	}
	vec(6, m.globals)
	vec(7, m.exports)
	if m.start != nil {
		out = append(out, section(8, m.start)...)
	}
	vec(9, m.elems)
	vec(10, m.codes)
	vec(11, m.data)
	return append(out, m.custom...)
}

func section(id byte, body []byte) []byte {
	return Code([]byte{id}, U32(uint32(len(body))), body)
}

func limits(least, most uint32) []byte {
	if most == 0 {
		return append([]byte{0}, U32(least)...)
	}
	return append(append([]byte{1}, U32(least)...), U32(most)...)
}

func text(s string) []byte { return append(U32(uint32(len(s))), s...) }

// U32 is an unsigned number in LEB128.
func U32(v uint32) []byte { return binary.AppendUvarint(nil, uint64(v)) }

// S64 is a signed number in LEB128.
func S64(v int64) []byte {
	var out []byte
	for {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}

// Code joins pieces of code.
func Code(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
