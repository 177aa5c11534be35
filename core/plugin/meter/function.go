package meter

// kind is what a record stands for.
type kind uint8

const (
	recMark   kind = iota // nothing: cuts a long run of plain instructions
	recBlock              //
	recLoop               //
	recIf                 //
	recElse               //
	recEnd                //
	recBranch             // br
	recBranchIf
	recTable  // br_table
	recReturn // return
	recTrap   // unreachable
	recCall
	recIndirect
	recRefFunc
	recBulk // a bulk or growing operation: arg is its helper, flag: a call replaces it
)

// record is a place in a function's body that the rewriter looks at again.
type record struct {
	kind       kind
	replace    bool // recBulk: by a call; recBranch: list and n are known
	dead       bool
	start, end uint32 // of the instruction, in the body
	before     uint32 // cost of the plain instructions between the last record and this
	arg        uint32 // function, helper, number of open labels, opening record
	list, n    uint32 // br_table: its opening records in targets; br: the local and the constant that was put into it
	match      int32  // block, loop, if: the record of its end; br: where its list and n were put from; if: see other
	other      int32  // if: the record of its else, or 0
}

// put is a constant that an instruction put into a local.
type put struct {
	local uint32
	value int64 // -1: none
	start int32 // of the constant
}

// label is an open block.
type label struct {
	kind        kind
	opener      int32 // record; 0 is the function
	height      int   // of the operand stack below its parameters
	in, out     int
	dead        bool // what follows cannot be reached
	elsewhere   bool // an else was seen
	reachableAt bool // the block itself can be reached
}

// scan is the first pass over a function: it finds the records and the height
// of the operand stack. Its slices are used again for the next function.
type scan struct {
	*module
	r       reader
	records []record
	targets []int32
	labels  []label
	cost    uint32 // since the last record
	height  int    // of the operand stack
	top     int    // its largest
	locals  int
	vectors bool // some value may have 16 bytes
	calls   bool
	loops   bool
	work    int
	blocks  int
	last    int64    // the constant that the instruction before pushed; -1: none
	lastAt  int32    // where that instruction begins
	put     put      // what the instruction before put into a local
	got     int64    // the local that the instruction before read; -1: none
	reads   []uint32 // of each local, but those of what was put into it since the last record
	fresh   []uint32 // of each local how many records there were when it was set
	at      int      // where the instruction being read begins
}

// run scans a body. The type is the function's, locals are declared already.
func (s *scan) run(body []byte, sig *signature) error {
	s.r = reader{b: body}
	s.records, s.targets, s.labels = s.records[:0], s.targets[:0], s.labels[:0]
	s.cost, s.height, s.top, s.work, s.blocks, s.last = 0, 0, 0, 0, 0, -1
	s.put, s.got = put{value: -1}, -1
	s.calls, s.loops = false, false
	s.vectors = sig.vectors
	s.locals = sig.in()
	s.readLocals()
	s.reads, s.fresh = zeros(s.reads, s.locals), zeros(s.fresh, s.locals)
	s.records = append(s.records, record{kind: recBlock, start: uint32(s.r.pos), end: uint32(s.r.pos)})
	s.labels = append(s.labels, label{kind: recBlock, out: sig.out()})
	for len(s.labels) > 0 && s.r.err == nil {
		s.step()
	}
	if s.r.err == nil && s.r.more() {
		s.r.fail("there are %d bytes after its end", len(body)-s.r.pos)
	}
	if s.blocks*s.locals > MaxJoins {
		s.r.fail("%d blocks with %d locals: too much to compile", s.blocks, s.locals)
	}
	return s.r.err
}

func (s *scan) readLocals() {
	total := 0
	for range s.r.count("groups of locals", MaxLocals) {
		n, t := s.r.u32(), s.r.byte()
		if !isValueType(t) {
			s.r.fail("a local of type 0x%02x is unknown", t)
		}
		if n > MaxLocals || total+int(n) > MaxLocals {
			s.r.fail("more than %d locals", MaxLocals)
			return
		}
		total += int(n)
		s.vectors = s.vectors || t == typeV128
	}
	s.locals += total
}

func (s *scan) pop(n int) {
	s.height -= n
	l := &s.labels[len(s.labels)-1]
	if s.height >= l.height {
		return
	}
	if !l.dead {
		s.r.fail("it takes more operands than there are")
	}
	s.height = l.height
}

func (s *scan) push(n int) {
	s.height += n
	s.top = max(s.top, s.height)
}

// record adds one for the instruction that began at start and has been read.
func (s *scan) record(k kind, start int, arg uint32) *record {
	dead := len(s.labels) > 0 && s.labels[len(s.labels)-1].dead
	s.records = append(s.records, record{kind: k, dead: dead, start: uint32(start), end: uint32(s.r.pos), before: s.cost, arg: arg})
	s.cost = 0
	return &s.records[len(s.records)-1]
}

// die marks what follows an unconditional branch.
func (s *scan) die() {
	l := &s.labels[len(s.labels)-1]
	l.dead = true
	s.height = l.height
}

// charge adds the cost of a plain instruction.
func (s *scan) charge(cost uint32) {
	if s.cost += cost; s.cost >= markEvery {
		s.record(recMark, s.r.pos, 0)
	}
}

// block counts n blocks of straight code, as a compiler makes them.
func (s *scan) block(n int) {
	if s.blocks += n; s.blocks > MaxBlocks {
		s.r.fail("more than %d blocks", MaxBlocks)
	}
}

// values counts n values moved by one instruction.
func (s *scan) values(n int) {
	if s.work += n; s.work > MaxWork {
		s.r.fail("its calls and branches move over %d values: too much to compile", MaxWork)
	}
}

// blockType reads the type of a block.
func (s *scan) blockType() (in, out int) {
	if !s.r.more() {
		s.r.byte()
		return 0, 0
	}
	switch b := s.r.b[s.r.pos]; {
	case b == 0x40:
		s.r.pos++
		return 0, 0
	case isValueType(b):
		s.r.pos++
		s.vectors = s.vectors || b == typeV128
		return 0, 1
	}
	t := s.r.signed(33)
	if t < 0 || t >= int64(len(s.types)) {
		s.r.fail("a block of type %d is unknown", t)
		return 0, 0
	}
	sig := &s.types[t]
	s.vectors = s.vectors || sig.vectors
	return sig.in(), sig.out()
}

func (s *scan) open(k kind, start int) {
	in, out := s.blockType()
	if k == recIf {
		s.pop(1)
	}
	s.pop(in)
	s.block(1)
	if k == recLoop {
		s.block(1) // for the charge
	}
	s.values(in + out)
	s.record(k, start, 0)
	dead := s.labels[len(s.labels)-1].dead
	s.labels = append(s.labels, label{kind: k, opener: int32(len(s.records) - 1), height: s.height, in: in, out: out, dead: dead, reachableAt: !dead})
	s.push(in)
}

func (s *scan) alternative(start int) {
	l := &s.labels[len(s.labels)-1]
	if l.kind != recIf || l.elsewhere {
		s.r.fail("an else without an if")
		return
	}
	s.record(recElse, start, uint32(l.opener))
	s.records[l.opener].other = int32(len(s.records) - 1)
	l.elsewhere, l.dead = true, !l.reachableAt
	s.height = l.height
	s.push(l.in)
}

func (s *scan) close(start int) {
	l := s.labels[len(s.labels)-1]
	s.record(recEnd, start, uint32(l.opener))
	s.records[l.opener].match = int32(len(s.records) - 1)
	s.labels = s.labels[:len(s.labels)-1]
	s.height = l.height
	if len(s.labels) > 0 {
		s.push(l.out)
	}
}

// target reads a label's index: the record that opens it and how many values
// a branch to it takes along.
func (s *scan) target() (opener int32, carries int) {
	n := s.r.u32()
	if uint64(n) >= uint64(len(s.labels)) {
		s.r.fail("a branch to label %d of %d", n, len(s.labels))
		return 0, 0
	}
	l := &s.labels[len(s.labels)-1-int(n)]
	s.values(1)
	if l.kind == recLoop {
		s.values(l.in)
		return l.opener, l.in
	}
	s.values(l.out)
	return l.opener, l.out
}
