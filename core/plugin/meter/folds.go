package meter

// Go's compiler adds in 64 bits and makes numbers of conditions: the address of
// a place on its stack is extended, a constant added, the sum wrapped again; a
// condition is extended, compared with 0, and turned round before it is asked for.
// folds writes this as other compilers do, in functions that jumps has written
// anew. A constant goes into the offset of the load or store that it is for, so
// that the engine sees one pointer, whose bounds it has often checked already; a
// condition is turned round by the opposite comparison.
type folds struct {
	body []byte
	out  []byte
	sums []sum // that are left out, for what stands ahead
	// compares is where in out the comparison begins that was written last, with
	// nothing behind it; -1: there is none.
	compares int
}

// sum is what the load or store at a place has more in its offset.
type sum struct {
	at   int
	more uint32
}

const (
	// maxAhead is how many instructions may stand between a sum and its store.
	maxAhead = 12
	// maxSum bounds what is added to an offset. A sum beyond 4 GiB begins again
	// at 0, where an offset traps; no memory reaches so far.
	maxSum = 1 << 16
)

// write is the body written so, valid until the next.
func (f *folds) write(s *scan, body []byte) []byte {
	at := s.records[0].end
	f.body, f.out = body, append(f.out[:0], body[:at]...)
	for i := range s.records[1:] {
		rec := &s.records[i+1]
		if rec.kind == recMark {
			continue
		}
		f.straight(int(at), int(rec.start))
		f.out = append(f.out, body[rec.start:rec.end]...)
		at = rec.end
	}
	return f.out
}

// straight writes what stands between two records.
func (f *folds) straight(at, end int) {
	f.sums, f.compares = f.sums[:0], -1
	for at < end {
		in, ok := readSimple(f.body[:end], at)
		if !ok { // nothing of Go's: as it is
			f.out = append(f.out, f.body[at:end]...)
			return
		}
		at = f.instruction(in, at, end)
	}
}

// instruction writes the one at a place, or what it becomes with those behind
// it, and returns where it goes on.
func (f *folds) instruction(in simple, at, end int) (next int) {
	compares := f.compares
	f.compares = -1
	if in.op == opExtend {
		if next, ok := f.leaveOut(at, end); ok {
			return next
		}
	}
	switch {
	case in.op == opExtend && in.end < end && f.body[in.end] == opWrap:
		f.compares = compares
		return in.end + 1
	case in.op == opExtend && in.end < end && f.body[in.end] == opI64Eqz:
		f.negate(compares)
		return in.end + 1
	case in.op == opI32Eqz:
		f.negate(compares)
		return in.end
	case in.op > opI32Eqz && in.op <= lastI64Compare:
		f.compares = len(f.out)
	case in.memory:
		if more := f.more(at); more > 0 {
			r := reader{b: f.body, pos: at + 1}
			align := r.u32()
			f.out = appendU32(appendU32(append(f.out, in.op), align), r.u32()+more)
			return in.end
		}
	}
	f.out = append(f.out, f.body[at:in.end]...)
	return in.end
}

// negate writes that what was compared is not so.
func (f *folds) negate(compares int) {
	if compares < 0 {
		f.out = append(f.out, opI32Eqz)
		return
	}
	f.compares = compares
	if f.out[compares] == opI64Eqz {
		f.out = append(f.out[:compares], opI64Const, 0, opI64Ne)
		f.compares += 2
		return
	}
	f.out[compares] = opposites[f.out[compares]-opI32Eqz]
}

// leaveOut notes the sum that begins at a place, and returns where it goes on
// behind it; ok is false if it goes into no offset.
func (f *folds) leaveOut(at, end int) (next int, ok bool) {
	more, next, ok := f.sum(at, end)
	if !ok {
		return 0, false
	}
	to, ok := f.user(next, end)
	if ok {
		f.sums = append(f.sums, sum{to, more})
	}
	return next, ok
}

// sum reads one of 32 bits that is made in 64.
func (f *folds) sum(at, end int) (more uint32, behind int, ok bool) {
	if at+2 >= end || f.body[at+1] != opI64Const {
		return 0, 0, false
	}
	r := reader{b: f.body[:end], pos: at + 2}
	n := r.signed(64)
	if r.byte() != opI64Add || r.byte() != opWrap || r.err != nil || n <= 0 || n >= maxSum {
		return 0, 0, false
	}
	return uint32(n), r.pos, true
}

// user finds the load or store whose address is on top of the stack.
func (f *folds) user(at, end int) (int, bool) {
	height := 1
	for range maxAhead {
		in, ok := readSimple(f.body[:end], at)
		if !ok {
			return 0, false
		}
		if height -= in.pops; height <= 0 {
			return at, height == 0 && in.memory && in.offset < 1<<31
		}
		height += in.pushes
		at = in.end
	}
	return 0, false
}

// more is what goes into the offset of the load or store at a place.
func (f *folds) more(at int) uint32 {
	for _, s := range f.sums {
		if s.at == at {
			return s.more
		}
	}
	return 0
}

// opposites are the comparisons that are true where those from i32.eqz on are
// not.
var opposites = [...]byte{
	0, 0x47, 0x46, 0x4e, 0x4f, 0x4c, 0x4d, 0x4a, 0x4b, 0x48, 0x49, // i32
	0, 0x52, 0x51, 0x59, 0x5a, 0x57, 0x58, 0x55, 0x56, 0x53, 0x54, // i64
}
