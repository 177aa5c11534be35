package meter

// A compiler that has only jumps, Go's, makes of a function one loop: it begins
// with a block for each place that can be jumped to and a branch table, which
// goes to the end of the block whose number is in a local. A jump puts the number
// of its place there and branches to the loop. So all jumps go through one branch
// that neither processors nor compilers can look behind, and all loops are one,
// where each turn is charged for the longest way through the function.
//
// jumps finds such functions, and writes them as others are: a jump ahead
// branches to the end of the block; and places that are jumped back to become
// loops, with the blocks of the places within and a branch table like the
// function's, for whoever comes from without. What the local is set to stays, so
// that every table finds what it would have found.
type jumps struct {
	*scan
	body   []byte
	out    []byte
	loop   int32   // its record; the blocks' follow, the innermost last, then the table's
	local  uint32  // where the number is
	places []place // in the order of the code
	values []int32 // of each number its place; the last: of all others
	inner  int32   // the head of the innermost loop that is open; -1: none
	round  int32   // the head of the loop whose copy without a table is open; -1: none
	here   int32   // the place whose code is copied
	copied uint32  // what of the body is written
	edges  []edge  // the jumps, in the order of the code
	member []bool  // of each place, whether it belongs to the loop that was asked about last
	open   []*int32
	where  []int32 // by record: how many labels were open when its block was opened; -1: it is not open
	failed bool
}

// place is where can be jumped to.
type place struct {
	last  int32  // as the head of a loop: its last place; -1: it is none
	up    int32  // the head of the innermost loop around it, but its own; -1: none
	value uint32 // of a head: the number that is put to come back to it
	turn  int32  // of a head: as where, of its loop
	begin int32  // the record that ends its block
	edge  int32  // its first jump, or the next place's
	twice bool   // of a head: its loop is also written without a table (rounds.go)
	entry int32  // of such a head: the place where the loop is entered
	round int32  // as where: in a loop without a table the place's block, of its entry the loop
	aside int32  // of such a head: as where, of the block before the loop with a table
}

// edge is a jump from a place to another.
type edge struct{ from, to int32 }

// maxNested is how deep loops are made: each repeats its part of the table.
const maxNested = 4

// write is the body written so, valid until the next; ok is false if it is of
// another form, and then it stays as it is.
func (j *jumps) write(s *scan, body []byte) (out []byte, ok bool) {
	j.scan, j.body, j.failed = s, body, false
	if !j.find() || !j.follow() || !j.nest() {
		return nil, false
	}
	j.choose()
	j.copy()
	return j.out, !j.failed
}

// find looks for the loop, its blocks and its table.
func (j *jumps) find() bool {
	for i := range j.records {
		rec := &j.records[i]
		if rec.kind != recTable {
			continue
		}
		first := i
		for first > 0 && rec.before == 1 && j.bare(first-1, recBlock) && j.records[first-1].before == 0 {
			first--
		}
		if first == i || rec.arg == 0 || !j.bare(first-1, recLoop) || j.records[first].before != 0 {
			return false
		}
		j.loop, j.local = int32(first-1), rec.arg-1
		j.places = append(j.places[:0], make([]place, i-first)...)
		j.values = j.values[:0]
		for _, opener := range j.targets[rec.list : rec.list+rec.n] {
			at, ok := j.place(opener)
			if n := len(j.values); !ok || n > 0 && at < j.values[n-1] {
				return false
			}
			j.values = append(j.values, at)
		}
		next := &j.records[i+1]
		return j.reads[j.local] == 1 && next.kind == recEnd && next.before == 0
	}
	return false
}

// bare tells whether a record is a block or loop that takes and leaves nothing.
func (j *jumps) bare(i int, k kind) bool {
	rec := &j.records[i]
	return rec.kind == k && rec.end == rec.start+2 && j.body[rec.start+1] == 0x40
}

// place is the one behind a block.
func (j *jumps) place(opener int32) (int32, bool) {
	at := j.loop + int32(len(j.places)) - opener
	return at, at >= 0 && int(at) < len(j.places)
}

func (j *jumps) opener(place int32) int32 { return j.loop + int32(len(j.places)) - place }

// to is where the jump goes for which value was put.
func (j *jumps) to(value uint32) int32 {
	return j.values[min(int64(value), int64(len(j.values)-1))]
}

// follow finds the loops; ok is false if something else than jumps goes to the
// loop or its blocks.
func (j *jumps) follow() (ok bool) {
	for i := range j.places {
		j.places[i] = place{last: -1, up: -1, turn: -1, round: -1, aside: -1}
	}
	here := int32(-1)
	j.edges = j.edges[:0]
	table := j.loop + int32(len(j.places)) + 1
	for i := range j.records {
		rec := &j.records[i]
		switch rec.kind {
		case recEnd:
			if at, ok := j.place(int32(rec.arg)); ok && int32(rec.arg) > j.loop {
				here = at
				j.places[at].begin, j.places[at].edge = int32(i), int32(len(j.edges))
			}
		case recBranch:
			if int32(rec.arg) == j.loop && rec.replace && rec.list == j.local && here >= 0 {
				if to := j.to(rec.n); to <= here {
					j.places[to].last, j.places[to].value = here, rec.n
				}
				j.edges = append(j.edges, edge{here, j.to(rec.n)})
			} else if j.ours(int32(rec.arg)) {
				return false
			}
		case recBranchIf:
			if j.ours(int32(rec.arg)) {
				return false
			}
		case recTable:
			for _, opener := range j.targets[rec.list : rec.list+rec.n] {
				if int32(i) != table && j.ours(opener) {
					return false
				}
			}
		}
	}
	return len(j.edges) > 0
}

// ours tells whether a record is the loop or one of its blocks.
func (j *jumps) ours(opener int32) bool {
	return opener >= j.loop && opener <= j.loop+int32(len(j.places))
}

// nest makes loops that overlap lie in each other; ok is false if they lie too deep.
func (j *jumps) nest() (ok bool) {
	for head := len(j.places) - 1; head >= 0; head-- {
		p := &j.places[head]
		for at := int32(head) + 1; at <= p.last; at++ {
			if inner := j.places[at].last; inner >= 0 {
				p.last = max(p.last, inner)
				at = inner
			}
		}
	}
	var around []int32
	for at := range j.places {
		p := &j.places[at]
		for len(around) > 0 && j.places[around[len(around)-1]].last < int32(at) {
			around = around[:len(around)-1]
		}
		if len(around) > 0 {
			p.up = around[len(around)-1]
		}
		if p.last >= 0 {
			around = append(around, int32(at))
		}
		if len(around) > maxNested {
			return false
		}
	}
	return true
}
