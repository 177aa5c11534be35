package meter

import "slices"

const (
	maxRound  = 1 << 10 // bytes of a loop that is written twice
	maxSearch = 1 << 20 // jumps that are looked at for such loops
)

// choose finds the loops that are written twice: first without a table, for
// whoever comes to them at their entry, and then with one, for whoever is sent
// into their middle. So a turn asks for no number, and unroll finds a loop as
// other compilers write it. Where a loop calls anything that is not worth its
// room: what lives through a call goes through memory in any case.
func (j *jumps) choose() {
	left := maxSearch
	for at := range j.places {
		p := &j.places[at]
		if p.last <= int32(at) {
			continue
		}
		if left -= len(j.edges) + int(j.edgesEnd(p.last)-p.edge); left < 0 {
			return
		}
		p.twice = j.members(int32(at)) && j.enters(int32(at))
	}
}

// members finds the places from which a loop's head is jumped back to, by some
// way within; ok is false if they are too long, call anything, or have another
// head among them. Its last place is one of them.
func (j *jumps) members(head int32) (ok bool) {
	j.member = slices.Grow(j.member[:0], len(j.places))[:len(j.places)]
	size, last := uint32(0), j.places[head].last
	ok = true
	for at := last; at >= head; at-- {
		begin, end := j.places[at].begin, j.codeEnd(at)
		in := at == head || at < last && j.member[at+1] && !j.records[end].dead
		for _, e := range j.edges[j.places[at].edge:j.edgesEnd(at)] {
			in = in || e.to == head || e.to > at && e.to <= last && j.member[e.to]
		}
		if j.member[at] = in; in {
			size += j.records[end].start - j.records[begin].end
			ok = ok && (at == head || j.places[at].last < 0) && size <= maxRound && isPlain(j.records[begin:end])
		}
	}
	return ok
}

// enters finds where a loop is entered: often it begins with what a turn ends
// with, and is entered behind that. ok is false if that is not one place, or if
// the loop cannot be turned to begin there.
func (j *jumps) enters(head int32) (ok bool) {
	p := &j.places[head]
	p.entry = -1
	to := func(at int32) bool {
		if !j.inside(head, at) {
			return true
		}
		ok := p.entry < 0 || p.entry == at
		p.entry = at
		return ok
	}
	ok = to(j.values[0])
	for _, e := range j.edges {
		ok = ok && (j.inside(head, e.from) || to(e.to))
	}
	for at := max(head-1, 0); at < p.last; at++ {
		ok = ok && (j.inside(head, at) || j.records[j.codeEnd(at)].dead || to(at+1))
	}
	if !ok || p.entry < 0 {
		return false
	}
	for _, e := range j.edges[p.edge:j.edgesEnd(p.last)] {
		if j.inside(head, e.from) && j.inside(head, e.to) && e.to != p.entry && j.turned(p, e.to) <= j.turned(p, e.from) {
			return false
		}
	}
	return true
}

func (j *jumps) inside(head, at int32) bool {
	return at >= head && at <= j.places[head].last && j.member[at]
}

// turned is a place's number in the order that begins with the loop's entry.
func (j *jumps) turned(p *place, at int32) int32 {
	if at < p.entry {
		at += int32(len(j.places))
	}
	return at
}

func (j *jumps) edgesEnd(at int32) int32 {
	if int(at)+1 < len(j.places) {
		return j.places[at+1].edge
	}
	return int32(len(j.edges))
}

// codeEnd is the record behind a place's code.
func (j *jumps) codeEnd(at int32) int32 {
	if int(at)+1 < len(j.places) {
		return j.places[at+1].begin
	}
	return j.records[j.loop].match
}

// withoutTable writes a loop without its table, beginning with its entry. The
// body is copied on from where it was, for the loop with one.
func (j *jumps) withoutTable(head int32) {
	p := &j.places[head]
	copied := j.copied
	j.members(head)
	var order []int32
	for _, part := range [][2]int32{{p.entry, p.last + 1}, {head, p.entry}} {
		for at := part[0]; at < part[1]; at++ {
			if j.member[at] {
				order = append(order, at)
			}
		}
	}
	j.out = append(j.out, opLoop, 0x40)
	j.begin(&j.places[p.entry].round)
	for i := len(order) - 1; i > 0; i-- {
		j.out = append(j.out, opBlock, 0x40)
		j.begin(&j.places[order[i]].round)
	}
	for i, at := range order {
		if i > 0 {
			j.end()
		}
		j.here, j.round = at, head
		begin, end := j.places[at].begin, j.codeEnd(at)
		j.copied = j.records[begin].end
		j.code(begin+1, end)
		j.upTo(j.records[end].start, copied)
		if !j.records[end].dead && (i+1 == len(order) || order[i+1] != at+1) {
			j.pass(at + 1)
		}
	}
	j.round, j.here = -1, head
	j.end()
	j.out = append(j.out, opUnreachable)
	j.end()
}

// pass goes on with the place behind a loop's, for whoever comes to the end of
// its code.
func (j *jumps) pass(next int32) {
	if int(next) == len(j.places) {
		j.branch(opBr, &j.where[j.loop])
		return
	}
	to, numbered := j.toPlace(next)
	if numbered {
		n, ok := slices.BinarySearch(j.values, next)
		j.failed = j.failed || !ok
		j.number(uint32(n))
	}
	j.branch(opBr, to)
}
