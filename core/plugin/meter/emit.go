package meter

// emit is the third pass: it writes a function's new body.
type emit struct {
	scan
	plan
	jumps  jumps
	folds  folds
	unroll unroll
	out    []byte
	// cached: the function has loops and calls nothing, so that its fuel stays
	// in a local, a register, from its start to its end. A loop that loads and
	// stores the global at each turn may take twice as long.
	cached bool
}

// frame is what a function's frame takes of the stack budget; 0: it is not
// counted, because it calls nothing and is small.
func (e *emit) frame() int64 {
	slot := 8
	if e.vectors {
		slot = 16
	}
	bytes := int64(slot*(e.locals+e.top) + len(e.r.b)/codePerStack)
	if !e.calls && bytes <= leafStackBytes {
		return 0
	}
	return e.frameUnits(bytes)
}

// function appends the new body of a function to out.
func (e *emit) function(body []byte, sig *signature, out []byte) ([]byte, error) {
	if err := e.scan.run(body, sig); err != nil {
		return out, err
	}
	body, err := e.improve(body, sig)
	if err != nil {
		return out, err
	}
	e.plan.run(&e.scan)
	frame := e.frame()
	entry := int64(e.entry)
	if entry < costCall || !e.calls && entry <= maxLeaf {
		entry = 0
	}
	e.cached = e.loops && !e.calls
	wrap := frame > 0 || e.cached
	e.out = out
	e.declare(body[:e.records[0].start])
	e.enter(entry, frame)
	if wrap {
		e.out = e.appendBlock(e.out, sig.results)
	}
	at := e.records[0].end
	last := len(e.records) - 1
	for i := 1; i < last; i++ {
		rec := &e.records[i]
		if e.before[i] == 0 && !rec.changes(wrap) {
			continue
		}
		e.out = append(e.out, body[at:rec.start]...)
		at = rec.end
		if c := e.before[i]; c > 0 {
			e.fuel(int64(c))
		}
		e.instruction(body, i, wrap)
	}
	e.out = append(e.out, body[at:e.records[last].start]...)
	if wrap {
		e.out = append(e.out, opEnd)
	}
	if e.cached {
		e.out = appendU32(append(e.out, opLocalGet), uint32(e.locals))
		e.out = appendU32(append(e.out, opGlobalSet), e.fuelGlobal())
	}
	if frame > 0 {
		e.out = e.appendStack(e.out, frame, 0x7c) // i64.add
	}
	return append(e.out, opEnd), nil
}

// improve writes a function of Go's as others are, and small loops several
// times; it leaves the scan at what it returns.
func (e *emit) improve(body []byte, sig *signature) (_ []byte, err error) {
	if jumped, ok := e.jumps.write(&e.scan, body); ok {
		if e.scan.run(jumped, sig) == nil {
			jumped = e.folds.write(&e.scan, jumped)
		}
		if body, err = e.prefer(jumped, body, sig); err != nil {
			return nil, err
		}
	}
	if unrolled, ok := e.unroll.write(&e.scan, body); ok {
		return e.prefer(unrolled, body, sig)
	}
	return body, nil
}

// prefer scans the better body, unless it would pass a limit, and returns which.
func (e *emit) prefer(better, body []byte, sig *signature) ([]byte, error) {
	if e.scan.run(better, sig) == nil {
		return better, nil
	}
	return body, e.scan.run(body, sig)
}

// changes tells whether an instruction is written otherwise than it was.
func (rec *record) changes(framed bool) bool {
	switch rec.kind {
	case recLoop, recCall, recRefFunc, recBulk:
		return true
	case recReturn:
		return framed
	}
	return false
}

func (e *emit) instruction(body []byte, i int, framed bool) {
	rec := &e.records[i]
	switch {
	case rec.kind == recCall:
		e.out = appendU32(append(e.out, opCall), e.shift(rec.arg))
		return
	case rec.kind == recRefFunc:
		e.out = appendU32(append(e.out, opRefFunc), e.shift(rec.arg))
		return
	case rec.kind == recReturn && framed:
		e.out = appendU32(append(e.out, opBr), rec.arg)
		return
	case rec.kind == recBulk:
		e.out = appendU32(append(e.out, opCall), e.helper(helperKind(rec.arg)))
		if rec.replace {
			return
		}
	}
	e.out = append(e.out, body[rec.start:rec.end]...)
	if c := e.head[i]; rec.kind == recLoop && c > 0 {
		e.fuel(int64(c))
	}
}

// declare copies the declaration of locals, and adds the one for fuel.
func (e *emit) declare(locals []byte) {
	if !e.cached {
		e.out = append(e.out, locals...)
		return
	}
	r := &reader{b: locals}
	e.out = appendU32(e.out, r.u32()+1)
	e.out = append(append(e.out, locals[r.pos:]...), 1, typeI64)
	e.out = appendU32(append(e.out, opGlobalGet), e.fuelGlobal())
	e.out = appendU32(append(e.out, opLocalSet), uint32(e.locals))
}

// fuel takes fuel in the middle of a function.
func (e *emit) fuel(c int64) {
	if !e.cached {
		e.out = e.appendFuel(e.out, c)
		return
	}
	local := uint32(e.locals)
	e.out = appendU32(append(e.out, opLocalGet), local)
	e.out = append(appendS64(append(e.out, opI64Const), c), 0x7d, opLocalTee)
	e.out = append(append(appendU32(e.out, local), unlessBelow...), opLocalGet)
	e.out = appendU32(append(appendU32(e.out, local), opCall), e.yield())
	e.out = append(appendU32(append(e.out, opLocalSet), local), opEnd)
}

// unlessBelow begins what is done when the number on the stack is negative: as the
// else of nothing, because where ways meet wazero goes on with the registers of
// the first, and behind a call they hold nothing.
var unlessBelow = []byte{opI64Const, 0, 0x59, opIf, 0x40, opElse} // i64.ge_s

// enter appends a function's first charges.
func (e *emit) enter(fuel, frame int64) {
	if fuel > 0 && e.cached {
		e.fuel(fuel)
		fuel = 0
	}
	switch {
	case fuel > 0 && frame > 0:
		e.out = e.appendTake(e.out, fuel)
		e.out = e.appendStack(e.out, frame, 0x7d)
		e.out = appendU32(append(e.out, opGlobalGet), e.fuelGlobal())
		e.out = appendU32(append(e.out, opGlobalGet), e.stackGlobal())
		e.out = append(append(append(e.out, 0x84), unlessBelow...), opCall) // fuel | stack
		e.out = append(appendU32(e.out, e.helper(helpEnter)), opEnd)
	case fuel > 0:
		e.out = e.appendFuel(e.out, fuel)
	case frame > 0:
		e.out = e.appendStack(e.out, frame, 0x7d)
		e.out = appendU32(append(e.out, opGlobalGet), e.stackGlobal())
		e.out = append(append(e.out, unlessBelow...), opCall)
		e.out = append(appendU32(e.out, e.helper(helpEnter)), opEnd)
	}
}

// appendBlock opens the block that stands for the function.
func (m *module) appendBlock(out, results []byte) []byte {
	out = append(out, opBlock)
	switch len(results) {
	case 0:
		return append(out, 0x40)
	case 1:
		return append(out, results[0])
	}
	return appendS64(out, int64(m.typeIndex("", string(results))))
}

// appendTake takes fuel; appendFuel also looks whether there is any left.
func (m *module) appendTake(out []byte, fuel int64) []byte {
	out = appendU32(append(out, opGlobalGet), m.fuelGlobal())
	out = append(appendS64(append(out, opI64Const), fuel), 0x7d, opGlobalSet) // i64.sub
	return appendU32(out, m.fuelGlobal())
}

func (m *module) appendFuel(out []byte, fuel int64) []byte {
	return m.appendCheck(m.appendTake(out, fuel))
}

func (m *module) appendCheck(out []byte) []byte {
	out = appendU32(append(out, opGlobalGet), m.fuelGlobal())
	out = append(append(out, unlessBelow...), opCall)
	return append(appendU32(out, m.helper(helpRefill)), opEnd)
}

// appendStack changes the stack budget: op is i64.sub at entry, i64.add at the end.
func (m *module) appendStack(out []byte, units int64, op byte) []byte {
	out = appendU32(append(out, opGlobalGet), m.stackGlobal())
	out = append(appendS64(append(out, opI64Const), units), op, opGlobalSet)
	return appendU32(out, m.stackGlobal())
}
