package meter

// step reads one instruction.
func (s *scan) step() {
	start := s.r.pos
	s.at = start
	op := s.r.byte()
	last, put, got := s.last, s.put, s.got
	s.last, s.put.value, s.got = -1, -1, -1
	if e := &plain[op]; e.known {
		if e.memory {
			s.r.u32()
			s.r.u32()
		} else if e.index {
			s.r.u32()
		}
		s.pop(int(e.pops))
		s.push(int(e.pushes))
		cost := plainCost(op)
		s.charge(cost)
		if cost > 1 || truncates(op) {
			s.values(1)
		}
		return
	}
	switch op {
	case opBlock:
		s.open(recBlock, start)
	case opLoop:
		s.loops = true
		s.open(recLoop, start)
	case opIf:
		s.open(recIf, start)
	case opElse:
		s.alternative(start)
	case opEnd:
		s.close(start)
	case opBr:
		opener, _ := s.target()
		rec := s.record(recBranch, start, uint32(opener))
		rec.replace, rec.list, rec.n, rec.match = put.value >= 0, put.local, uint32(put.value), put.start
		s.die()
	case opBrIf:
		s.pop(1)
		s.block(1)
		opener, carries := s.target()
		s.pop(carries)
		s.push(carries)
		s.record(recBranchIf, start, uint32(opener))
	case opBrTable:
		s.branchTable(start, got)
	case opReturn:
		s.record(recReturn, start, uint32(len(s.labels)-1))
		s.die()
	case opUnreachable:
		s.record(recTrap, start, 0)
		s.die()
	case opCall:
		s.call(start)
	case opCallIndirect:
		t := s.r.u32()
		s.r.u32()
		if uint64(t) >= uint64(len(s.types)) {
			s.r.fail("type %d does not exist", t)
			return
		}
		s.pop(1)
		s.values(workIndirect)
		s.exchange(&s.types[t])
		s.record(recIndirect, start, 0)
	case opSelectTyped:
		if n := s.r.u32(); n != 1 {
			s.r.fail("opcode 0x1c (select) with %d types is unknown", n)
		}
		if t := s.r.byte(); !isValueType(t) {
			s.r.fail("opcode 0x1c (select) of type 0x%02x is unknown", t)
		}
		s.pop(3)
		s.push(1)
		s.charge(1)
	case opLocalGet, opLocalSet, opLocalTee:
		s.local(op, last)
	case opGlobalGet, opGlobalSet:
		s.global(op)
	case opI32Const:
		v := s.r.signed(32)
		s.push(1)
		s.charge(1)
		s.last, s.lastAt = int64(uint32(v)), int32(start)
	case opI64Const, opF32Const, opF64Const:
		switch op {
		case opI64Const:
			s.r.signed(64)
		case opF32Const:
			s.r.take(4)
		default:
			s.r.take(8)
		}
		s.push(1)
		s.charge(1)
	case opMemorySize, opMemoryGrow:
		s.zero(op)
		if op == opMemorySize {
			s.push(1)
			s.charge(1)
			return
		}
		s.pop(1)
		s.push(1)
		s.calls = true
		s.record(recBulk, start, uint32(helpPages))
	case opRefNull:
		if t := s.r.byte(); t != typeFunc && t != typeExt {
			s.r.fail("ref.null of type 0x%02x is unknown", t)
		}
		s.push(1)
		s.charge(1)
	case opRefFunc:
		f := s.r.u32()
		if uint64(f) >= uint64(len(s.funcs)) {
			s.r.fail("function %d does not exist", f)
		}
		s.push(1)
		s.record(recRefFunc, start, f)
	case opMisc:
		s.misc(start, last)
	case opVector:
		s.vector()
	default:
		s.r.fail("opcode 0x%02x is unknown%s", op, newer(featureOfOpcode(op)))
	}
}

// zero reads the number of a memory.
func (s *scan) zero(op byte) {
	if b := s.r.byte(); b != 0 {
		s.r.fail("opcode 0x%02x on memory %d: there is one memory", op, b)
	}
}

// branchTable reads one. got is the local that was read for it, or -1.
func (s *scan) branchTable(start int, got int64) {
	s.pop(1)
	n := s.r.count("entries of a branch table", MaxTargets)
	first := len(s.targets)
	for range n + 1 {
		opener, _ := s.target()
		if s.r.err != nil {
			return
		}
		s.targets = append(s.targets, opener)
	}
	rec := s.record(recTable, start, uint32(got+1))
	rec.list, rec.n = uint32(first), uint32(n+1)
	s.block(1 + n/64)
	s.die()
}

func (s *scan) call(start int) {
	f := s.r.u32()
	if uint64(f) >= uint64(len(s.funcs)) {
		s.r.fail("function %d does not exist", f)
		return
	}
	s.exchange(&s.types[s.funcs[f]])
	s.record(recCall, start, f)
}

func (s *scan) exchange(sig *signature) {
	s.calls = true
	s.vectors = s.vectors || sig.vectors
	s.values(1 + sig.in() + sig.out())
	s.pop(sig.in())
	s.push(sig.out())
}

// local reads one on a local. last is the constant that was pushed for it, or -1.
func (s *scan) local(op byte, last int64) {
	n := s.r.u32()
	if uint64(n) >= uint64(s.locals) {
		s.r.fail("local %d does not exist", n)
		return
	}
	switch op {
	case opLocalGet:
		s.push(1)
		s.got = int64(n)
		if s.fresh[n] != uint32(len(s.records)) {
			s.reads[n]++
		}
	case opLocalTee:
		s.pop(1)
		s.push(1)
		s.fresh[n] = uint32(len(s.records))
	default:
		s.pop(1)
		s.put = put{n, last, s.lastAt}
		s.fresh[n] = uint32(len(s.records))
	}
	s.charge(1)
}

func (s *scan) global(op byte) {
	n := s.r.u32()
	if uint64(n) >= uint64(len(s.globals)) {
		s.r.fail("global %d does not exist", n)
		return
	}
	if op == opGlobalGet {
		s.push(1)
		s.vectors = s.vectors || s.globals[n] == typeV128
	} else {
		s.pop(1)
	}
	s.charge(1)
}

// misc reads an instruction after opMisc. last is the constant length that a
// bulk operation was given, or -1.
func (s *scan) misc(start int, last int64) {
	op := s.r.u32()
	if op > miscLast {
		s.r.fail("opcode 0xfc 0x%02x is unknown", op)
		return
	}
	e := miscEffects[op]
	s.values(workMisc)
	s.pop(int(e.pops))
	s.push(int(e.pushes))
	help, replace := helperKinds, false
	switch op {
	case miscMemoryInit:
		s.r.u32()
		s.zero(opMisc)
		help = helpBytes
	case miscMemoryCopy:
		s.zero(opMisc)
		s.zero(opMisc)
		help, replace = helpCopy, true
	case miscMemoryFill:
		s.zero(opMisc)
		help, replace = helpFill, true
	case miscTableInit, miscTableCopy:
		s.r.u32()
		s.r.u32()
		help = helpEntries
	case miscTableGrow, miscTableFill:
		s.r.u32()
		help = helpEntries
	case miscDataDrop, miscElemDrop, miscTableSize:
		s.r.u32()
	}
	switch {
	case help == helperKinds:
		s.charge(1)
	case last >= 0 && last <= maxUnpaid*bytesPerFuel/4 && op != miscTableGrow: // a short one of known length
		s.charge(costBulk + uint32(last)/bytesPerFuel)
	default:
		s.calls = true // of the helper, which takes fuel
		s.record(recBulk, start, uint32(help)).replace = replace
	}
}

// vector reads an instruction after opVector.
func (s *scan) vector() {
	op := s.r.byte()
	e := &vectors[op]
	if op >= 0x80 {
		if b := s.r.byte(); b != 1 {
			s.r.fail("opcode 0xfd 0x%02x 0x%02x is unknown", op, b)
			return
		}
	}
	if !e.known {
		s.r.fail("opcode 0xfd 0x%02x is unknown", op)
		return
	}
	if e.memory {
		s.r.u32()
		s.r.u32()
	}
	s.r.take(uint32(e.bytes))
	s.vectors = true
	s.pop(int(e.pops))
	s.push(int(e.pushes))
	s.charge(2)
}
