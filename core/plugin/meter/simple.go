package meter

// simple is an instruction that takes and leaves operands, and has to do with
// nothing but locals, globals and memory.
type simple struct {
	op           byte
	memory       bool // a load or store
	pops, pushes int
	offset       uint32 // of a load or store
	end          int
}

// readSimple reads one; ok is false if it is another, or none.
func readSimple(body []byte, at int) (in simple, ok bool) {
	if at >= len(body) {
		return in, false
	}
	r := reader{b: body, pos: at + 1}
	in.op = body[at]
	switch e := &plain[in.op]; {
	case e.known && !e.index:
		if e.memory {
			r.u32()
			in.offset = r.u32()
		}
		in.memory, in.pops, in.pushes = e.memory, int(e.pops), int(e.pushes)
	case in.op == opLocalGet || in.op == opGlobalGet:
		r.u32()
		in.pushes = 1
	case in.op == opLocalSet || in.op == opGlobalSet:
		r.u32()
		in.pops = 1
	case in.op == opLocalTee:
		r.u32()
		in.pops, in.pushes = 1, 1
	case in.op == opI32Const || in.op == opI64Const:
		r.signed(64)
		in.pushes = 1
	default:
		return in, false
	}
	in.end = r.pos
	return in, r.err == nil
}
