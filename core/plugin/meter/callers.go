package meter

import "slices"

// Callers are the functions of a module that reach an import, directly or
// through others, and that something calls by a pointer or that one of entry
// calls: of a plugin, its handlers. Each with its name; those without are left
// out. The module must be one that Rewrite takes; of others there are none.
func Callers(wasm []byte, importModule, importName string, entry func(name string) bool) []string {
	m := &module{Options: Options{}.withDefaults(), referred: map[uint32]bool{}}
	if m.split(wasm) != nil {
		return nil
	}
	for _, step := range []struct {
		id int
		f  func(r *reader)
	}{
		{secType, m.readTypes},
		{secImport, m.readImports},
		{secFunction, m.readFunctions},
		{secTable, func(r *reader) { m.tables2(r, nil) }},
		{secGlobal, func(r *reader) { m.globals2(r, nil) }},
		{secElement, func(r *reader) { m.elements2(r, nil) }},
	} {
		if m.section(step.id, step.f) != nil {
			return nil
		}
	}
	d := &Description{}
	if m.readNames() != nil || m.section(secImport, func(r *reader) { d.imports(m, r) }) != nil {
		return nil
	}
	callers, ok := m.callers()
	target, found := d.functionImport(importModule, importName)
	if !ok || !found {
		return nil
	}
	var names []string
	seen := map[uint32]bool{target: true}
	for queue := []uint32{target}; len(queue) > 0; queue = queue[1:] {
		for _, f := range callers[queue[0]] {
			name := m.names[f]
			if seen[f] || name != "" && entry(name) {
				continue
			}
			seen[f] = true
			queue = append(queue, f)
			called := slices.ContainsFunc(callers[f], func(by uint32) bool { return m.names[by] != "" && entry(m.names[by]) })
			if name != "" && (called || m.referred[f]) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// functionImport finds an imported function's index.
func (d *Description) functionImport(module, name string) (index uint32, found bool) {
	for _, e := range d.Imports {
		if e.Type == "table" || e.Type == "memory" || e.Type == "global" {
			continue
		}
		if e.Module == module && e.Name == name {
			return index, true
		}
		index++
	}
	return 0, false
}

// callers lists for each function who calls it.
func (m *module) callers() (map[uint32][]uint32, bool) {
	r := &reader{b: m.sections[secCode]}
	s := &scan{module: m}
	out := map[uint32][]uint32{}
	defined := m.funcs[m.imports:]
	n := r.count("functions", MaxFunctions)
	if n != len(defined) {
		return nil, false
	}
	for i := range n {
		body := r.take(r.u32())
		if r.err != nil || s.run(body, &m.types[defined[i]]) != nil {
			return nil, false
		}
		f := uint32(m.imports + i)
		for _, rec := range s.records {
			if by := out[rec.arg]; rec.kind == recCall && (len(by) == 0 || by[len(by)-1] != f) {
				out[rec.arg] = append(by, f)
			}
			if rec.kind == recRefFunc {
				m.referred[rec.arg] = true
			}
		}
	}
	return out, true
}
