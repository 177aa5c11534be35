// Package link joins modules into one: an engine, the adapter that knows how to
// drive it, and data. What the adapter imports from "engine" are exports of the
// engine; what the engine imports from "env" are exports of the adapter; they
// share the engine's memory and table. What comes out imports only from the
// server, and exports what a plugin must.
package link

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Input is what is joined.
type Input struct {
	Engine  []byte
	Adapter []byte
	// Data are texts that the adapter can copy into memory: each NAME by its
	// imports link.NAME_size () -> i32 and link.NAME_copy (to i32) -> ().
	Data []Data
	// Numbers are told to the adapter: each NAME by its import link.NAME () -> i32.
	Numbers []Number
	// Exports of the adapter that the result exports, beside the memory.
	Exports []string
	// Slot is the export of the adapter that gets a place in the engine's table;
	// the adapter is told it by link.slot () -> i32.
	Slot string
	// Keep tells which of the adapter's other imports are made: the rest become
	// functions that return -2 (denied), so that the result asks for nothing it
	// does not use. nil: all.
	Keep func(module, name string) bool
}

// Data is a named text.
type Data struct {
	Name string
	Text []byte
}

// Number is a named number.
type Number struct {
	Name  string
	Value int32
}

// Link joins the modules of in. The same input gives the same bytes.
func Link(in Input) (wasm []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			wasm, err = nil, fmt.Errorf("a module is broken: %v", p)
		}
	}()
	engine, err := read(in.Engine)
	if err != nil {
		return nil, fmt.Errorf("the engine: %w", err)
	}
	adapter, err := read(in.Adapter)
	if err != nil {
		return nil, fmt.Errorf("the adapter: %w", err)
	}
	if len(adapter.elems)+len(adapter.data) > 0 || adapter.memory != nil || adapter.table != nil {
		return nil, fmt.Errorf("the adapter: it has a memory, a table or data of its own")
	}
	l := &linker{Input: in, engine: engine, adapter: adapter}
	return l.link()
}

// linker holds the result while it grows.
type linker struct {
	Input
	engine, adapter *module
	imports         []imported
	importTypes     []uint64
	funcs           []uint64 // types of the functions that are defined
	codes           [][]byte
	toEngine        moved // where the engine's entries are
	toAdapter       moved
}

func (l *linker) link() ([]byte, error) {
	l.number()
	made, err := l.resolve()
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		m  *module
		to *moved
	}{{l.engine, &l.toEngine}, {l.adapter, &l.toAdapter}} {
		for i, body := range part.m.codes {
			code, err := part.to.code(body)
			if err != nil {
				return nil, fmt.Errorf("function %d: %w", i, err)
			}
			l.codes = append(l.codes, code)
		}
	}
	l.codes = append(l.codes, made...)
	return l.write()
}

// number gives everything that stays its place in the result: imports first, then
// the engine's functions, then the adapter's.
func (l *linker) number() {
	e, a := l.engine, l.adapter
	l.toAdapter.types, l.toAdapter.globals = uint64(len(e.types)), uint64(len(e.globals))
	l.toEngine.funcs, l.toAdapter.funcs = make([]uint64, len(e.funcs)), make([]uint64, len(a.funcs))
	for i, im := range e.imports {
		if im.module != "env" {
			l.toEngine.funcs[i] = l.imported(im, e.funcs[i])
		}
	}
	for i, im := range a.imports {
		if im.module != "engine" && im.module != "link" && l.keeps(im) {
			l.toAdapter.funcs[i] = l.imported(im, l.toAdapter.types+a.funcs[i])
		}
	}
	n := uint64(len(l.imports))
	for i := range e.codes {
		l.toEngine.funcs[len(e.imports)+i] = n + uint64(i)
	}
	n += uint64(len(e.codes))
	for i := range a.codes {
		l.toAdapter.funcs[len(a.imports)+i] = n + uint64(i)
	}
	l.funcs = slices.Clone(e.funcs[len(e.imports):])
	for _, t := range a.funcs[len(a.imports):] {
		l.funcs = append(l.funcs, l.toAdapter.types+t)
	}
}

func (l *linker) keeps(im imported) bool { return l.Keep == nil || l.Keep(im.module, im.name) }

// resolve finds what the two modules ask of each other, and of the linker. made
// are the bodies of functions that the linker adds, behind all others.
func (l *linker) resolve() (made [][]byte, err error) {
	e, a := l.engine, l.adapter
	for i, im := range e.imports {
		if im.module != "env" {
			continue
		}
		f, ok := a.exports[im.name]
		if !ok {
			return nil, fmt.Errorf("the engine imports env.%s, which the adapter does not export", im.name)
		}
		l.toEngine.funcs[i] = l.toAdapter.funcs[f]
	}
	for i, im := range a.imports {
		var body []byte
		switch {
		case im.module == "engine":
			f, ok := e.exports[im.name]
			if !ok {
				return nil, fmt.Errorf("the adapter imports %s, which the engine does not export", im.name)
			}
			l.toAdapter.funcs[i] = l.toEngine.funcs[f]
			continue
		case im.module == "link":
			if body = l.own(im.name); body == nil {
				return nil, fmt.Errorf("the adapter imports link.%s, which there is not", im.name)
			}
		case l.keeps(im):
			continue
		default:
			body = denied(a.types[a.funcs[i]])
		}
		l.toAdapter.funcs[i] = uint64(len(l.imports) + len(l.funcs))
		l.funcs = append(l.funcs, l.toAdapter.types+a.funcs[i])
		made = append(made, body)
	}
	return made, nil
}

func (l *linker) imported(im imported, typ uint64) uint64 {
	for i, have := range l.imports {
		if have == im {
			return uint64(i)
		}
	}
	l.imports, l.importTypes = append(l.imports, im), append(l.importTypes, typ)
	return uint64(len(l.imports) - 1)
}

// slot is the first place behind the engine's own table.
func (l *linker) slot() uint64 {
	c := &cursor{b: l.engine.table, pos: 2}
	return c.uint()
}

// own is the body of a function of the linker; nil: there is none of that name.
func (l *linker) own(name string) []byte {
	if name == "slot" {
		return body(signed([]byte{0x41}, int64(l.slot())))
	}
	for _, n := range l.Numbers {
		if n.Name == name {
			return body(signed([]byte{0x41}, int64(n.Value)))
		}
	}
	for i, d := range l.Data {
		size := signed([]byte{0x41}, int64(len(d.Text)))
		switch name {
		case d.Name + "_size":
			return body(size)
		case d.Name + "_copy": // memory.init to 0 size
			segment := binary.AppendUvarint([]byte{opMisc, 8}, uint64(len(l.engine.data)+i))
			return body([]byte{0x20, 0, 0x41, 0}, size, segment, []byte{0})
		}
	}
	return nil
}

// denied is the body of a function that returns -2.
func denied(typ []byte) []byte {
	switch typ[len(typ)-1] {
	case 0x7f:
		return body([]byte{0x41, 0x7e})
	case 0x7e:
		return body([]byte{0x42, 0x7e})
	}
	return body([]byte{0x00}) // unreachable
}

// body is a function without locals.
func body(code ...[]byte) []byte {
	return append(append([]byte{0}, slices.Concat(code...)...), 0x0b)
}

// signed appends signed LEB128.
func signed(b []byte, v int64) []byte {
	for v < -64 || v > 63 {
		b, v = append(b, byte(v)|0x80), v>>7
	}
	return append(b, byte(v)&0x7f)
}
