package meter

// copy writes the body: as it is but for its branches, and the loops around
// what is jumped back to.
func (j *jumps) copy() {
	j.out, j.open, j.inner, j.here = j.out[:0], j.open[:0], -1, -1
	j.where = zeros32(j.where, len(j.records))
	copied := uint32(0)
	upTo := func(at uint32) {
		j.out = append(j.out, j.body[copied:at]...)
	}
	j.begin(&j.where[0])
	for i := 1; i < len(j.records) && !j.failed; i++ {
		rec := &j.records[i]
		switch rec.kind {
		case recBlock, recLoop, recIf:
			upTo(rec.start)
			copied = rec.start
			if int32(i) == j.loop { // nothing comes back to it
				j.out = append(j.out, opBlock, 0x40)
				j.begin(&j.where[i])
				j.enter(-1)
				i += len(j.places) + 1 // the blocks and the table
				copied = j.records[i].end
				continue
			}
			j.begin(&j.where[i])
		case recEnd:
			upTo(rec.start)
			copied = rec.end
			if at, ok := j.place(int32(rec.arg)); ok && int32(rec.arg) > j.loop {
				j.arrive(at)
				continue
			}
			if int32(rec.arg) == j.loop {
				j.leave(int32(len(j.places)))
			}
			j.end()
		case recBranch:
			upTo(rec.start)
			copied = rec.end
			if int32(rec.arg) == j.loop {
				j.branch(opBr, j.toPlace(j.to(rec.n)))
			} else {
				j.branch(opBr, &j.where[rec.arg])
			}
		case recBranchIf:
			upTo(rec.start)
			copied = rec.end
			j.branch(opBrIf, &j.where[rec.arg])
		case recTable:
			upTo(rec.start)
			copied = rec.end
			j.out = appendU32(append(j.out, opBrTable), rec.n-1)
			for _, opener := range j.targets[rec.list : rec.list+rec.n] {
				j.out = appendU32(j.out, j.depth(&j.where[opener]))
			}
		}
	}
	j.failed = j.failed || len(j.open) > 0
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
// that of the outermost loop around it that begins behind here.
func (j *jumps) toPlace(at int32) *int32 {
	if at <= j.here {
		return &j.places[at].turn
	}
	for ; ; at = j.places[at].up {
		block := &j.where[j.opener(at)]
		if *block >= 0 || j.places[at].up < 0 {
			return block
		}
	}
}

// arrive ends a place's block, and begins its loop.
func (j *jumps) arrive(at int32) {
	j.leave(at)
	block, p := &j.where[j.opener(at)], &j.places[at]
	if len(j.open) == 0 || j.open[len(j.open)-1] != block {
		j.failed = true
		return
	}
	if p.last >= 0 { // whoever comes without a jump comes to the head
		j.out = appendS64(append(j.out, opI32Const), int64(int32(p.value)))
		j.out = appendU32(append(j.out, opLocalSet), j.local)
	}
	j.end()
	j.here = at
	if p.last >= 0 {
		j.out = append(j.out, opLoop, 0x40)
		j.begin(&p.turn)
		j.inner = at
		j.enter(at)
	}
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
		if j.places[at].up == head {
			j.out = append(j.out, opBlock, 0x40)
			j.begin(&j.where[j.opener(at)])
		}
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
		j.branch(opBr, j.toPlace(j.values[0]))
	}
}

// table writes one of the numbers from low on, and the place of number high for
// all others; those outside the loop do not come.
func (j *jumps) table(head int32, low, high int, begins *int32) {
	j.out = appendU32(append(j.out, opBrTable), uint32(high-low))
	for _, at := range j.values[low : high+1] {
		for at >= 0 && at != head && j.places[at].up != head {
			at = j.places[at].up
		}
		label := begins
		if at >= 0 && at != head {
			label = &j.where[j.opener(at)]
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
