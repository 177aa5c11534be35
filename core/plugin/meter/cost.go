package meter

// plan is what the second pass finds: how much fuel is taken where. A charge
// pays for the dearest path from its place to the next charge or to the
// function's end, so that every path is paid for before it runs, and a cheap
// turn of a large loop pays at most maxUnpaid too much.
type plan struct {
	rest   []uint32 // per record; of an end: the dearest path behind it; of an else: at its first instruction
	before []uint32 // per record: fuel taken before its instruction
	head   []uint32 // per record: of a loop, fuel taken at each turn
	entry  uint32   // fuel taken at the function's start
}

// run walks the records backwards: where a branch forward goes to is known
// then, and a branch back to a loop ends at a charge, its head.
func (p *plan) run(s *scan) {
	n := len(s.records)
	p.rest, p.before, p.head = zeros(p.rest, n), zeros(p.before, n), zeros(p.head, n)
	r := uint32(0)
	for i := n - 1; i >= 0; i-- {
		rec := &s.records[i]
		switch rec.kind {
		case recLoop:
			p.head[i] = r
			r = 0
		case recIf:
			if rec.other != 0 {
				r = max(r, p.rest[rec.other])
			} else {
				r = max(r, p.rest[rec.match])
			}
			r++
		case recElse:
			p.rest[i] = r
			r = p.rest[s.records[rec.arg].match]
		case recEnd:
			p.rest[i] = r
		case recBranch:
			r = p.target(s, int32(rec.arg)) + 1
		case recBranchIf:
			r = max(r, p.target(s, int32(rec.arg))) + 1
		case recTable:
			r = 0
			for _, opener := range s.targets[rec.list : rec.list+rec.n] {
				r = max(r, p.target(s, opener))
			}
			r += 2
		case recReturn, recTrap:
			r = 1
		case recCall:
			r += costCall
			if int(rec.arg) < s.imports {
				r += costImport
			}
		case recIndirect:
			r += costCall + 2
		case recRefFunc:
			r += costBulk // a call into the host
		case recBulk:
			r += costBulk
		}
		if r > maxUnpaid && !rec.dead {
			p.before[i] = r
			r = 0
		}
		r += rec.before
	}
	p.entry = r
}

// target is the dearest path from where a branch to the block goes.
func (p *plan) target(s *scan, opener int32) uint32 {
	if o := &s.records[opener]; o.kind != recLoop {
		return p.rest[o.match]
	}
	return 0
}

func zeros(s []uint32, n int) []uint32 {
	if cap(s) < n {
		return make([]uint32, n, n+n/2)
	}
	s = s[:n]
	clear(s)
	return s
}
