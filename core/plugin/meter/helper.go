package meter

// helperKind is a function that the rewriter adds.
type helperKind uint8

const (
	helpRefill  helperKind = iota // () -> (): fuel = yield(fuel)
	helpEnter                     // () -> (): looks which of stack and fuel is used up
	helpBytes                     // (n i32) -> i32: takes fuel for n bytes, returns n
	helpPages                     // the same for n pages of memory
	helpEntries                   // the same for n entries of a table
	helpFill                      // (d, v, n i32) -> (): memory.fill, in chunks
	helpCopy                      // (d, s, n i32) -> (): memory.copy, in chunks
	helperKinds
)

var helperNames = [helperKinds]string{"refill", "enter", "bytes", "pages", "entries", "fill", "copy"}

type helper struct {
	kind helperKind
	typ  uint32
	body []byte // with its declaration of locals
}

// helper returns the new index of a helper, adding it when it is first needed.
func (m *module) helper(k helperKind) uint32 {
	if m.helperAt[k] != 0 {
		return m.helperAt[k]
	}
	i := len(m.helpers)
	m.helperAt[k] = uint32(len(m.funcs) + HostFunctions + i) // never 0: the host's functions come before
	m.helpers = append(m.helpers, helper{kind: k})
	var typ uint32
	body := []byte{0}
	switch k {
	case helpRefill:
		typ, body = m.typeIndex("", ""), m.appendRefill(body)
	case helpEnter:
		typ = m.typeIndex("", "")
		body = appendU32(append(body, opGlobalGet), m.stackGlobal())
		body = append(body, opI64Const, 0, 0x53, opIf, 0x40, opCall)
		body = append(appendU32(body, m.overflow()), opUnreachable, opEnd)
		body = m.appendCheck(body)
	case helpBytes:
		typ, body = m.charger(body, []byte{opI64Const, 3, 0x88}) // / bytesPerFuel
	case helpPages:
		typ, body = m.charger(body, []byte{opI64Const, 13, 0x86}) // * fuelPerPage
	case helpEntries:
		typ, body = m.charger(body, nil)
	case helpFill:
		typ, body = m.typeIndex("\x7f\x7f\x7f", ""), m.fill(body)
	case helpCopy:
		typ, body = m.typeIndex("\x7f\x7f\x7f", ""), m.copy(body)
	}
	m.helpers[i].typ, m.helpers[i].body = typ, append(body, opEnd)
	return m.helperAt[k]
}

// appendRefill sets the fuel to what the host gives for it.
func (m *module) appendRefill(out []byte) []byte {
	out = appendU32(append(out, opGlobalGet), m.fuelGlobal())
	out = appendU32(append(out, opCall), m.yield())
	return appendU32(append(out, opGlobalSet), m.fuelGlobal())
}

// takeLocal takes fuel for the i32 in a local, scaled by convert.
func (m *module) takeLocal(out []byte, local byte, convert []byte) []byte {
	out = appendU32(append(out, opGlobalGet), m.fuelGlobal())
	out = append(append(out, opLocalGet, local, 0xad), convert...) // i64.extend_i32_u
	out = appendU32(append(out, 0x7d, opGlobalSet), m.fuelGlobal())
	return m.appendCheck(out)
}

func (m *module) charger(out, convert []byte) (uint32, []byte) {
	out = m.takeLocal(out, 0, convert)
	return m.typeIndex("\x7f", "\x7f"), append(out, opLocalGet, 0)
}

// Pieces of the chunked operations. Locals: 0 destination, 1 value or source,
// 2 length.
var (
	fillOp  = []byte{opMisc, miscMemoryFill, 0}
	copyOp  = []byte{opMisc, miscMemoryCopy, 0, 0}
	all     = []byte{opLocalGet, 0, opLocalGet, 1, opLocalGet, 2}
	divide8 = []byte{opI64Const, 3, 0x88} // i64.shr_u
	chunkOp = appendS64([]byte{opI32Const}, chunk)
)

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// longer pushes whether the length is more than a chunk.
func longer() []byte { return join([]byte{opLocalGet, 2}, chunkOp, []byte{0x4b}) } // i32.gt_u

// move adds a chunk to, or subtracts it from, a local.
func move(local, op byte) []byte {
	return join([]byte{opLocalGet, local}, chunkOp, []byte{op, 0x21, local})
}

const (
	opAdd = 0x6a
	opSub = 0x6b
)

// outside runs the whole operation, which traps before it changes anything,
// if the span from a local on does not lie in memory.
func outside(local byte, op []byte) []byte {
	return join(
		[]byte{opLocalGet, local, 0xad, opLocalGet, 2, 0xad, 0x7c},            // start + length
		[]byte{opMemorySize, 0, 0xad, opI64Const, 16, 0x86, 0x56, opIf, 0x40}, // i64.gt_u memory.size << 16
		all, op, []byte{opUnreachable, opEnd},
	)
}

// chunks runs body, which moves one chunk, until the rest is at most a chunk.
func (m *module) chunks(body ...[]byte) []byte {
	return join([]byte{opLoop, 0x40}, m.appendFuel(nil, chunk/bytesPerFuel), join(body...), longer(), []byte{opBrIf, 0, opEnd})
}

func (m *module) fill(out []byte) []byte {
	out = append(out, join(longer(), []byte{opIf, 0x40}, outside(0, fillOp),
		m.chunks([]byte{opLocalGet, 0, opLocalGet, 1}, chunkOp, fillOp, move(0, opAdd), move(2, opSub)),
		[]byte{opEnd})...)
	return append(m.takeLocal(out, 2, divide8), join(all, fillOp)...)
}

// copy goes up when the destination lies below the source, else down: a chunk
// never overwrites what a later one reads.
func (m *module) copy(out []byte) []byte {
	up := m.chunks([]byte{opLocalGet, 0, opLocalGet, 1}, chunkOp, copyOp, move(0, opAdd), move(1, opAdd), move(2, opSub))
	down := m.chunks(move(2, opSub),
		[]byte{opLocalGet, 0, opLocalGet, 2, opAdd, opLocalGet, 1, opLocalGet, 2, opAdd}, chunkOp, copyOp)
	out = append(out, join(longer(), []byte{opIf, 0x40}, outside(0, copyOp), outside(1, copyOp),
		[]byte{opLocalGet, 0, opLocalGet, 1, 0x4d, opIf, 0x40}, up, []byte{opElse}, down, []byte{opEnd, opEnd})...) // i32.le_u
	return append(m.takeLocal(out, 2, divide8), join(all, copyOp)...)
}
