package meter

// Rewriting of every section but code and names. Each function reads one
// section and appends what it becomes.

func (m *module) types2(out []byte) []byte {
	n := len(m.types) + len(m.newTypes)
	out = appendU32(out, uint32(n))
	if m.present[secType] {
		r := &reader{b: m.sections[secType]}
		r.u32()
		out = append(out, r.b[r.pos:]...)
	}
	for _, s := range m.newTypes {
		out = append(out, 0x60)
		out = append(appendU32(out, uint32(len(s.params))), s.params...)
		out = append(appendU32(out, uint32(len(s.results))), s.results...)
	}
	return out
}

// readImports collects the imports' functions and globals.
func (m *module) readImports(r *reader) {
	for range r.count("imports", MaxImports) {
		if name := r.name(); name == HostModule {
			r.fail("module %q is the server's own", name)
		}
		r.name()
		switch kind := r.byte(); kind {
		case 0:
			m.addFunction(r)
			m.imports++
		case 1:
			m.table(r, nil)
		case 2:
			m.memory(r, nil)
		case 3:
			m.globalType(r)
		default:
			r.fail("an import of kind %d is unknown", kind)
		}
		if r.err != nil {
			return
		}
	}
}

// imports2 adds the host's functions behind the module's own.
func (m *module) imports2(out []byte) []byte {
	n, rest := uint32(0), []byte(nil)
	if m.present[secImport] {
		r := &reader{b: m.sections[secImport]}
		n = r.u32()
		rest = r.b[r.pos:]
	}
	out = append(appendU32(out, n+HostFunctions), rest...)
	for _, f := range []struct {
		name string
		typ  uint32
	}{{HostYield, m.typeIndex("\x7e", "\x7e")}, {HostOverflow, m.typeIndex("", "")}} {
		out = appendName(appendName(out, HostModule), f.name)
		out = appendU32(append(out, 0), f.typ)
	}
	return out
}

func (m *module) functions2(out []byte) []byte {
	out = appendU32(out, uint32(len(m.funcs)-m.imports+len(m.helpers)))
	for _, t := range m.funcs[m.imports:] {
		out = appendU32(out, t)
	}
	for _, h := range m.helpers {
		out = appendU32(out, h.typ)
	}
	return out
}

// limits reads the limits of a table or memory.
func limits(r *reader) (least, most uint32, bounded bool) {
	switch flag := r.byte(); flag {
	case 0:
		least = r.u32()
	case 1:
		least, most, bounded = r.u32(), r.u32(), true
		if most < least {
			r.fail("a maximum of %d is below the minimum of %d", most, least)
		}
	default:
		r.fail("limits of kind %d are unknown%s", flag, newer(featureOfLimits(flag)))
	}
	return least, most, bounded
}

func appendLimits(out []byte, least, most uint32, bounded bool) []byte {
	if !bounded {
		return appendU32(append(out, 0), least)
	}
	return appendU32(appendU32(append(out, 1), least), most)
}

// table reads a table's type and appends it with a maximum.
func (m *module) table(r *reader, out []byte) []byte {
	kind := r.byte()
	if kind != typeFunc && kind != typeExt {
		r.fail("a table of type 0x%02x is unknown", kind)
	}
	least, most, bounded := limits(r)
	if least > m.MaxTable {
		r.fail("a table of %d entries: at most %d are taken", least, m.MaxTable)
	}
	if !bounded || most > m.MaxTable {
		most = m.MaxTable
	}
	return appendLimits(append(out, kind), least, most, true)
}

// memory reads a memory's limits and appends them, clamped.
func (m *module) memory(r *reader, out []byte) []byte {
	least, most, bounded := limits(r)
	if least > 65_536 || most > 65_536 {
		r.fail("a memory of more than 65536 pages")
	}
	if bounded && m.MaxPages > 0 {
		most = max(min(most, m.MaxPages), least)
	}
	return appendLimits(out, least, most, bounded)
}

func (m *module) tables2(r *reader, out []byte) []byte {
	n := r.count("tables", MaxTables)
	out = appendU32(out, uint32(n))
	for range n {
		out = m.table(r, out)
	}
	return out
}

func (m *module) memories2(r *reader, out []byte) []byte {
	n := r.count("memories", 1)
	out = appendU32(out, uint32(n))
	for range n {
		out = m.memory(r, out)
	}
	return out
}

func (m *module) globalType(r *reader) {
	t := r.byte()
	if !isValueType(t) {
		r.fail("a value type 0x%02x is unknown", t)
	}
	if b := r.byte(); b > 1 {
		r.fail("a global's mutability of %d", b)
	}
	m.globals = append(m.globals, t)
}

// globals2 adds the fuel and the stack behind the module's own globals.
func (m *module) globals2(r *reader, out []byte) []byte {
	n := r.count("globals", MaxGlobals)
	out = appendU32(out, uint32(n+2))
	for range n {
		start := r.pos
		m.globalType(r)
		out = append(out, r.b[start:r.pos]...)
		out = m.constant(r, out)
	}
	out = append(out, typeI64, 1, opI64Const, 0, opEnd)
	out = appendS64(append(out, typeI64, 1, opI64Const), m.stackBudget())
	return append(out, opEnd)
}

// constant copies a constant expression with functions renumbered. Only what
// is constant in version 2.0 is known.
func (m *module) constant(r *reader, out []byte) []byte {
	for r.err == nil {
		start := r.pos
		op := r.byte()
		switch op {
		case opI32Const:
			r.signed(32)
		case opI64Const:
			r.signed(64)
		case opF32Const:
			r.take(4)
		case opF64Const:
			r.take(8)
		case opGlobalGet:
			if g := r.u32(); int(g) >= len(m.globals) {
				r.fail("global %d does not exist", g)
			}
		case opRefNull:
			if t := r.byte(); t != typeFunc && t != typeExt {
				r.fail("ref.null of type 0x%02x is unknown", t)
			}
		case opRefFunc:
			out = m.function(r, append(out, op))
			continue
		case opVector:
			if b := r.byte(); b != 0x0c {
				r.fail("opcode 0xfd 0x%02x in a constant is unknown", b)
			}
			r.take(16)
		case opEnd:
			return append(out, op)
		default:
			r.fail("opcode 0x%02x in a constant is unknown", op)
		}
		out = append(out, r.b[start:r.pos]...)
	}
	return out
}

// function copies a function's index, renumbered.
func (m *module) function(r *reader, out []byte) []byte {
	f := r.u32()
	if int(f) >= len(m.funcs) {
		r.fail("function %d does not exist", f)
	}
	if m.referred != nil {
		m.referred[f] = true
	}
	return appendU32(out, m.shift(f))
}

func (m *module) exports2(r *reader, out []byte) []byte {
	n := r.count("exports", MaxExports)
	out = appendU32(out, uint32(n+2))
	for range n {
		start := r.pos
		if name := r.name(); name == FuelExport || name == StackExport {
			r.fail("the name %q is the server's own", name)
		}
		kind := r.byte()
		out = append(out, r.b[start:r.pos]...)
		start = r.pos
		switch kind {
		case 0:
			out = m.function(r, out)
			continue
		case 1, 2:
			r.u32()
		case 3:
			if g := r.u32(); int(g) >= len(m.globals) {
				r.fail("global %d does not exist", g)
			}
		default:
			r.fail("an export of kind %d is unknown", kind)
		}
		out = append(out, r.b[start:r.pos]...)
	}
	out = appendU32(append(appendName(out, FuelExport), 3), m.fuelGlobal())
	return appendU32(append(appendName(out, StackExport), 3), m.stackGlobal())
}

// elements2 renumbers the functions of element segments in their eight forms.
func (m *module) elements2(r *reader, out []byte) []byte {
	n := r.count("element segments", MaxSegments)
	out = appendU32(out, uint32(n))
	total := 0
	for range n {
		form := r.u32()
		if form > 7 {
			r.fail("an element segment of form %d is unknown", form)
			return out
		}
		out = appendU32(out, form)
		passive, indexed, expressions := form&1 != 0, form&2 != 0, form&4 != 0
		if !passive {
			if indexed {
				out = appendU32(out, r.u32())
			}
			out = m.constant(r, out)
		}
		if passive || indexed { // a kind or type follows
			b := r.byte()
			if expressions && b != typeFunc && b != typeExt || !expressions && b != 0 {
				r.fail("an element segment of type 0x%02x is unknown", b)
			}
			out = append(out, b)
		}
		count := r.count("elements", MaxElements)
		if total += count; total > MaxElements {
			r.fail("more than %d elements in all segments", MaxElements)
			return out
		}
		out = appendU32(out, uint32(count))
		for range count {
			if r.err != nil {
				return out
			}
			if expressions {
				out = m.constant(r, out)
			} else {
				out = m.function(r, out)
			}
		}
	}
	return out
}
