package meter

// copy writes the body: as it is but for its branches, and the loops around
// what is jumped back to.
func (j *jumps) copy() {
	j.out, j.open, j.copied = j.out[:0], j.open[:0], 0
	j.inner, j.round, j.here = -1, -1, -1
	j.where = zeros32(j.where, len(j.records))
	j.begin(&j.where[0])
	j.code(1, int32(len(j.records)))
	j.failed = j.failed || len(j.open) > 0
}

// upTo copies what is before a place of the body, and goes on behind another.
func (j *jumps) upTo(at, next uint32) {
	j.out = append(j.out, j.body[j.copied:at]...)
	j.copied = next
}

// code copies the code of some records.
func (j *jumps) code(first, end int32) {
	for i := first; i < end && !j.failed; i++ {
		rec := &j.records[i]
		switch rec.kind {
		case recBlock, recLoop, recIf:
			j.upTo(rec.start, rec.start)
			if i == j.loop { // nothing comes back to it
				j.out = append(j.out, opBlock, 0x40)
				j.begin(&j.where[i])
				j.enter(-1)
				i += int32(len(j.places)) + 1 // the blocks and the table
				j.copied = j.records[i].end
				continue
			}
			j.begin(&j.where[i])
		case recEnd:
			j.upTo(rec.start, rec.end)
			if at, ok := j.place(int32(rec.arg)); ok && int32(rec.arg) > j.loop {
				j.arrive(at)
				continue
			}
			if int32(rec.arg) == j.loop {
				j.leave(int32(len(j.places)))
			}
			j.end()
		case recBranch:
			if int32(rec.arg) == j.loop {
				to, numbered := j.toPlace(j.to(rec.n))
				from := rec.start
				if !numbered {
					from = uint32(rec.match)
				}
				j.upTo(from, rec.end)
				j.branch(opBr, to)
			} else {
				j.upTo(rec.start, rec.end)
				j.branch(opBr, &j.where[rec.arg])
			}
		case recBranchIf:
			j.upTo(rec.start, rec.end)
			j.branch(opBrIf, &j.where[rec.arg])
		case recTable:
			j.upTo(rec.start, rec.end)
			j.out = appendU32(append(j.out, opBrTable), rec.n-1)
			for _, opener := range j.targets[rec.list : rec.list+rec.n] {
				j.out = appendU32(j.out, j.depth(&j.where[opener]))
			}
		}
	}
}

// begin notes a label, end closes the last.
func (j *jumps) begin(label *int32) {
	*label = int32(len(j.open))
	j.open = append(j.open, label)
}

func (j *jumps) end() {
	if len(j.open) == 0 {
		j.failed = true
		return
	}
	*j.open[len(j.open)-1] = -1
	j.open = j.open[:len(j.open)-1]
	j.out = append(j.out, opEnd)
}

// depth is how an instruction names a label.
func (j *jumps) depth(label *int32) uint32 {
	if *label < 0 {
		j.failed = true
		return 0
	}
	return uint32(len(j.open)-1) - uint32(*label)
}

func (j *jumps) branch(op byte, label *int32) {
	j.out = appendU32(append(j.out, op), j.depth(label))
}

// toPlace is the label to branch to from here: the place's loop, or its block, or
// that of the outermost loop around it that begins behind here. Numbered tells
// whether a table there asks for the place's number.
func (j *jumps) toPlace(at int32) (label *int32, numbered bool) {
	if j.round >= 0 && at >= j.round && at <= j.places[j.round].last {
		if j.member[at] {
			return &j.places[at].round, false
		}
		return &j.places[j.round].aside, true
	}
	if at <= j.here {
		return &j.places[at].turn, j.places[at].last > at
	}
	for head := at; ; head = j.places[head].up {
		label, numbered = j.into(head, at)
		if *label >= 0 || j.places[head].up < 0 {
			return label, numbered
		}
	}
}

// into is the label to branch to for a place from before its block, or before
// that of a loop that it is in.
func (j *jumps) into(block, at int32) (label *int32, numbered bool) {
	switch p := &j.places[block]; {
	case p.twice && at != p.entry:
		return &p.aside, true
	case p.twice:
		return &j.where[j.opener(block)], false
	default:
		return &j.where[j.opener(block)], p.last > block
	}
}

// arrive ends a place's block, and begins its loop.
func (j *jumps) arrive(at int32) {
	p := &j.places[at]
	j.leave(at)
	block := &j.where[j.opener(at)]
	if len(j.open) == 0 || j.open[len(j.open)-1] != block {
		j.failed = true
		return
	}
	if p.last > at && !p.twice {
		j.number(p.value)
	}
	j.end()
	j.here = at
	if p.last < 0 {
		return
	}
	if p.twice {
		j.withoutTable(at)
	}
	j.out = append(j.out, opLoop, 0x40)
	j.begin(&p.turn)
	j.inner = at
	if p.last > at {
		j.enter(at)
	}
}

// number puts a head's number for whoever comes to it without a jump.
func (j *jumps) number(value uint32) {
	j.out = appendS64(append(j.out, opI32Const), int64(int32(value)))
	j.out = appendU32(append(j.out, opLocalSet), j.local)
}

// leave ends the loops whose last place is before at.
func (j *jumps) leave(at int32) {
	for j.inner >= 0 && j.places[j.inner].last < at {
		j.end()
		j.inner = j.places[j.inner].up
	}
}

// enter opens the blocks of a loop's places, -1: of the function's, and writes
// the table that goes to them. Its head comes first, without the table.
func (j *jumps) enter(head int32) {
	first, last := int32(0), int32(len(j.places)-1)
	if head >= 0 {
		first, last = head+1, j.places[head].last
	}
	for at := last; at >= first; at-- {
		if j.places[at].up != head {
			continue
		}
		if j.places[at].twice {
			j.out = append(j.out, opBlock, 0x40)
			j.begin(&j.places[at].aside)
		}
		j.out = append(j.out, opBlock, 0x40)
		j.begin(&j.where[j.opener(at)])
	}
	low, high := 0, len(j.values)-1
	j.out = appendU32(append(j.out, opLocalGet), j.local)
	if head >= 0 {
		value := int64(int32(j.places[head].value))
		j.out = append(appendS64(append(j.out, opI32Const), value), opI32Ne)
		for j.values[low] < head {
			low++
		}
		for high = low; high < len(j.values)-1 && j.values[high] <= last; {
			high++
		}
	}
	var begins int32
	j.out = append(j.out, opIf, 0x40)
	j.begin(&begins)
	j.out = appendU32(append(j.out, opLocalGet), j.local)
	if low > 0 {
		j.out = append(appendS64(append(j.out, opI32Const), int64(low)), opI32Sub)
	}
	j.table(head, low, high, &begins)
	j.end()
	if head < 0 { // where a call begins
		to, _ := j.toPlace(j.values[0])
		j.branch(opBr, to)
	}
}

// table writes one of the numbers from low on, and the place of number high for
// all others; those outside the loop do not come.
func (j *jumps) table(head int32, low, high int, begins *int32) {
	j.out = appendU32(append(j.out, opBrTable), uint32(high-low))
	for _, at := range j.values[low : high+1] {
		label, block := begins, at
		for block >= 0 && block != head && j.places[block].up != head {
			block = j.places[block].up
		}
		if block >= 0 && block != head {
			label, _ = j.into(block, at)
		}
		j.out = appendU32(j.out, j.depth(label))
	}
}

func zeros32(s []int32, n int) []int32 {
	if cap(s) < n {
		s = make([]int32, n, n+n/2)
	}
	s = s[:n]
	for i := range s {
		s[i] = -1
	}
	return s
}
