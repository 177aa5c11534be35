package meter

import (
	"errors"
	"fmt"
)

// Rewrite returns the metered form of a WebAssembly 2.0 module. It checks as
// much as it needs to be sure of what it changes; the engine still validates
// the result, and nothing invalid becomes valid. What it does not know it
// refuses with an error that names the function and the opcode. The input is
// not changed.
func Rewrite(wasm []byte, o Options) ([]byte, error) {
	m := &module{Options: o.withDefaults()}
	out, err := m.rewrite(wasm)
	if err != nil {
		return nil, fmt.Errorf("the module cannot be metered: %w", err)
	}
	return out, nil
}

func (m *module) rewrite(wasm []byte) ([]byte, error) {
	if err := m.split(wasm); err != nil {
		return nil, err
	}
	var tables, memories, globals, exports, start, elements []byte
	m.present[secGlobal], m.present[secExport] = true, true // there is always something to add
	for _, id := range []int{secGlobal, secExport} {
		if m.sections[id] == nil {
			m.sections[id] = []byte{0}
		}
	}
	for _, step := range []struct {
		id int
		f  func(r *reader)
	}{
		{secType, m.readTypes},
		{secImport, m.readImports},
		{secFunction, m.readFunctions},
		{secTable, func(r *reader) { tables = m.tables2(r, nil) }},
		{secMemory, func(r *reader) { memories = m.memories2(r, nil) }},
		{secGlobal, func(r *reader) { globals = m.globals2(r, nil) }},
		{secExport, func(r *reader) { exports = m.exports2(r, nil) }},
		{secStart, func(r *reader) { start = m.function(r, nil) }},
		{secElement, func(r *reader) { elements = m.elements2(r, nil) }},
		{secDataCount, func(r *reader) { r.u32() }},
		{secData, m.readData},
	} {
		if err := m.section(step.id, step.f); err != nil {
			return nil, err
		}
	}
	if err := m.readNames(); err != nil {
		return nil, err
	}
	code, err := m.code()
	if err != nil {
		return nil, err
	}
	imports := m.imports2(nil)

	out := make([]byte, 0, len(code)+len(wasm)/2)
	out = append(out, magic...)
	section := func(id int, always bool, body []byte) {
		if always || m.present[id] {
			out = append(appendU32(append(out, byte(id)), uint32(len(body))), body...)
		}
	}
	section(secType, true, m.types2(nil))
	section(secImport, true, imports)
	section(secFunction, len(m.helpers) > 0, m.functions2(nil))
	section(secTable, false, tables)
	section(secMemory, false, memories)
	section(secGlobal, true, globals)
	section(secExport, true, exports)
	section(secStart, false, start)
	section(secElement, false, elements)
	section(secDataCount, false, m.sections[secDataCount])
	section(secCode, len(m.helpers) > 0, code)
	section(secData, false, m.sections[secData])
	section(secCustom, true, m.names2(nil))
	return out, nil
}

// readData checks the offsets of data segments: they are copied as they are.
func (m *module) readData(r *reader) {
	for range r.count("data segments", MaxSegments) {
		switch form := r.u32(); form {
		case 0:
			m.constant(r, nil)
		case 1:
		case 2:
			r.u32()
			m.constant(r, nil)
		default:
			r.fail("a data segment of form %d is unknown", form)
		}
		r.take(r.u32())
		if r.err != nil {
			return
		}
	}
}

// code rewrites all functions and adds the helpers.
func (m *module) code() (out []byte, err error) {
	defined := m.funcs[m.imports:]
	r := &reader{b: m.sections[secCode]}
	n := 0
	if m.present[secCode] {
		n = r.count("functions", MaxFunctions)
	}
	if r.err == nil && n != len(defined) {
		return nil, fmt.Errorf("%d functions are declared, %d have code", len(defined), n)
	}
	e := &emit{scan: scan{module: m}, unroll: unroll{left: maxTurnsTotal}}
	out = make([]byte, 0, len(r.b)+len(r.b)/2)
	var body []byte
	locals, squares, sizes, work := 0, 0, 0, 0
	for i := range n {
		src := r.take(r.u32())
		if r.err != nil {
			break
		}
		if len(src) > MaxBody {
			return nil, fmt.Errorf("%s has %d bytes: at most %d are taken", m.called(m.imports+i), len(src), MaxBody)
		}
		if body, err = e.function(src, &m.types[defined[i]], body[:0]); err != nil {
			return nil, fmt.Errorf("%s, at byte %d of %d: %w", m.called(m.imports+i), e.at, len(src), err)
		}
		if locals += e.locals; locals > MaxLocalsTotal {
			return nil, fmt.Errorf("the functions have more than %d locals together", MaxLocalsTotal)
		}
		squares += e.blocks * e.blocks
		sizes += len(src) * len(src)
		work += e.work
		if squares > MaxSquares || sizes > MaxBodySquares || work > MaxWorkTotal {
			return nil, fmt.Errorf("%s: the functions so far are so long that compiling them would take minutes", m.called(m.imports+i))
		}
		out = append(appendU32(out, uint32(len(body))), body...)
	}
	if r.err == nil && r.more() {
		r.err = errors.New("there are bytes after the last function")
	}
	if r.err != nil {
		return nil, fmt.Errorf("code section: %w", r.err)
	}
	for i := 0; i < len(m.helpers); i++ { // a helper may add another
		out = append(appendU32(out, uint32(len(m.helpers[i].body))), m.helpers[i].body...)
	}
	return append(appendU32(nil, uint32(n+len(m.helpers))), out...), nil
}
