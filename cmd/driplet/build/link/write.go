package link

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// write puts the sections together.
func (l *linker) write() ([]byte, error) {
	e, a := l.engine, l.adapter
	out := []byte(magic)
	section := func(id byte, entries [][]byte) {
		body := binary.AppendUvarint(nil, uint64(len(entries)))
		body = append(body, slices.Concat(entries...)...)
		out = append(binary.AppendUvarint(append(out, id), uint64(len(body))), body...)
	}
	section(secType, append(slices.Clone(e.types), a.types...))
	var entries [][]byte
	for i, im := range l.imports {
		entry := append(name(name(nil, im.module), im.name), 0)
		entries = append(entries, binary.AppendUvarint(entry, l.importTypes[i]))
	}
	section(secImport, entries)
	entries = nil
	for _, t := range l.funcs {
		entries = append(entries, binary.AppendUvarint(nil, t))
	}
	section(secFunction, entries)

	slot, ok := a.exports[l.Slot]
	if !ok {
		return nil, fmt.Errorf("the adapter does not export %s", l.Slot)
	}
	// Reference type and flags stay; the table gets one place more.
	c := &cursor{b: e.table, pos: 2}
	c.uint()
	table := append(binary.AppendUvarint(slices.Clone(e.table[:2]), l.slot()+1), e.table[c.pos:]...)
	section(secTable, [][]byte{table})
	section(secMemory, [][]byte{e.memory})
	section(secGlobal, append(slices.Clone(e.globals), a.globals...))

	entries = [][]byte{append(name(nil, "memory"), 2, 0)}
	for _, n := range l.Exports {
		f, ok := a.exports[n]
		if !ok {
			return nil, fmt.Errorf("the adapter does not export %s", n)
		}
		entries = append(entries, binary.AppendUvarint(append(name(nil, n), 0), l.toAdapter.funcs[f]))
	}
	section(secExport, entries)

	entries = nil
	for _, elem := range e.elems {
		c := &cursor{b: elem}
		c.uint()
		c.constant()
		n := c.uint()
		entry := slices.Clone(c.since(0))
		for range n {
			entry = binary.AppendUvarint(entry, l.toEngine.funcs[c.uint()])
		}
		entries = append(entries, entry)
	}
	native := append(signed([]byte{0, 0x41}, int64(l.slot())), 0x0b, 1)
	section(secElement, append(entries, binary.AppendUvarint(native, l.toAdapter.funcs[slot])))

	count := binary.AppendUvarint(nil, uint64(len(e.data)+len(l.Data)))
	out = append(binary.AppendUvarint(append(out, secDataCount), uint64(len(count))), count...)
	entries = nil
	for _, code := range l.codes {
		entries = append(entries, append(binary.AppendUvarint(nil, uint64(len(code))), code...))
	}
	section(secCode, entries)
	entries = slices.Clone(e.data)
	for _, d := range l.Data {
		entries = append(entries, append(binary.AppendUvarint([]byte{1}, uint64(len(d.Text))), d.Text...))
	}
	section(secData, entries)
	return append(out, l.names()...), nil
}

// names is the section that names functions in stack traces: by their exports.
func (l *linker) names() []byte {
	known := map[uint64]string{}
	for _, part := range []struct {
		exports map[string]uint64
		to      []uint64
	}{{l.engine.exports, l.toEngine.funcs}, {l.adapter.exports, l.toAdapter.funcs}} {
		for _, n := range slices.Sorted(maps.Keys(part.exports)) {
			known[part.to[part.exports[n]]] = n
		}
	}
	list := binary.AppendUvarint(nil, uint64(len(known)))
	for _, f := range slices.Sorted(maps.Keys(known)) {
		list = name(binary.AppendUvarint(list, f), known[f])
	}
	body := append(binary.AppendUvarint(append(name(nil, "name"), 1), uint64(len(list))), list...)
	return append(binary.AppendUvarint([]byte{0}, uint64(len(body))), body...)
}

func name(b []byte, s string) []byte { return append(binary.AppendUvarint(b, uint64(len(s))), s...) }
