package meter

import "slices"

// A charge costs a small loop more than its own work: a load, a store, a branch,
// and what lives through a turn goes through memory, since a charge may call. So
// a loop that calls nothing and holds no other is written several times, one
// behind the other, and each charge pays for all of them. Whoever leaves early
// has paid for the turns that were left.
//
//	loop B end    becomes    block loop  block B br 2 end  ...  B  end end
//
// A branch to the loop leaves the block around its copy of B, and so comes to the
// next; in the last one it goes back. What goes further out passes more labels.
type unroll struct {
	out  []byte
	left int // bytes that may still be added to the module
}

const (
	turnsAtOnce = 4
	maxTurn     = 200 // bytes of a loop that is written so
	// maxTurns is how many bytes are added to a function, maxTurnsTotal to a
	// module: what is compiled grows by so much at most.
	maxTurns      = 4 << 10
	maxTurnsTotal = 1 << 20
)

// write is the body written so, valid until the next; ok is false if it stays as
// it is.
func (u *unroll) write(s *scan, body []byte) (out []byte, ok bool) {
	u.out = u.out[:0]
	at, left := uint32(0), min(u.left, maxTurns)
	for i := range s.records {
		rec := &s.records[i]
		if rec.kind != recLoop || !s.isSmallLoop(body, i) {
			continue
		}
		end := &s.records[rec.match]
		more := (turnsAtOnce-1)*int(end.start-rec.end+6) + 3
		if left -= more; left < 0 {
			break
		}
		u.left -= more
		u.out = append(u.out, body[at:rec.start]...)
		u.out = append(u.out, opBlock, 0x40, opLoop, 0x40)
		for range turnsAtOnce - 1 {
			u.out = append(u.out, opBlock, 0x40)
			u.turn(s, body, i, 2)
			if !end.dead {
				u.out = append(u.out, opBr, 2)
			}
			u.out = append(u.out, opEnd)
		}
		u.turn(s, body, i, 1)
		u.out = append(u.out, opEnd, opEnd)
		at = end.end
	}
	u.out = append(u.out, body[at:]...)
	return u.out, at > 0
}

// isSmallLoop tells whether the loop of a record is to be written several times.
func (s *scan) isSmallLoop(body []byte, i int) bool {
	loop := &s.records[i]
	if loop.dead || body[loop.start+1] != 0x40 || s.records[loop.match].start-loop.end > maxTurn {
		return false
	}
	inside := s.records[i+1 : loop.match]
	return isPlain(inside) && slices.ContainsFunc(inside, func(rec record) bool {
		return (rec.kind == recBranch || rec.kind == recBranchIf) && int(rec.arg) == i
	})
}

// isPlain tells whether code holds no loop, no branch table and no call.
func isPlain(code []record) bool {
	return !slices.ContainsFunc(code, func(rec record) bool {
		switch rec.kind {
		case recLoop, recTable, recCall, recIndirect, recRefFunc, recBulk:
			return true
		}
		return false
	})
}

// turn copies what is in a loop; a branch to labels outside of it passes so many more.
func (u *unroll) turn(s *scan, body []byte, i int, more uint32) {
	at, open := s.records[i].end, uint32(0)
	end := int(s.records[i].match)
	for k := i + 1; k < end; k++ {
		switch rec := &s.records[k]; rec.kind {
		case recBlock, recIf:
			open++
		case recEnd:
			open--
		case recBranch, recBranchIf:
			u.out = append(u.out, body[at:rec.start+1]...)
			label := (&reader{b: body, pos: int(rec.start) + 1}).u32()
			if label > open {
				label += more
			}
			u.out = appendU32(u.out, label)
			at = rec.end
		}
	}
	u.out = append(u.out, body[at:s.records[end].start]...)
}
