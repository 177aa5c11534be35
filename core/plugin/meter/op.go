package meter

// Opcodes that the rewriter treats in a way of its own (core specification,
// 5.4: instructions).
const (
	opUnreachable  = 0x00
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opElse         = 0x05
	opEnd          = 0x0b
	opBr           = 0x0c
	opBrIf         = 0x0d
	opBrTable      = 0x0e
	opReturn       = 0x0f
	opCall         = 0x10
	opCallIndirect = 0x11
	opSelectTyped  = 0x1c
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opMemorySize   = 0x3f
	opMemoryGrow   = 0x40
	opI32Const     = 0x41
	opI64Const     = 0x42
	opF32Const     = 0x43
	opF64Const     = 0x44
	opI32Eqz       = 0x45
	opI32Ne        = 0x47
	opI32Sub       = 0x6b
	opI64Eqz       = 0x50
	opI64Ne        = 0x52
	lastI64Compare = 0x5a // i64.ge_u
	opI64Add       = 0x7c
	opWrap         = 0xa7 // i32.wrap_i64
	opExtend       = 0xad // i64.extend_i32_u
	opRefNull      = 0xd0
	opRefFunc      = 0xd2
	opMisc         = 0xfc
	opVector       = 0xfd
)

// Opcodes after opMisc.
const (
	miscMemoryInit = 8
	miscDataDrop   = 9
	miscMemoryCopy = 10
	miscMemoryFill = 11
	miscTableInit  = 12
	miscElemDrop   = 13
	miscTableCopy  = 14
	miscTableGrow  = 15
	miscTableSize  = 16
	miscTableFill  = 17
	miscLast       = 17
)

// Value types.
const (
	typeI32  = 0x7f
	typeI64  = 0x7e
	typeF32  = 0x7d
	typeF64  = 0x7c
	typeV128 = 0x7b
	typeFunc = 0x70
	typeExt  = 0x6f
)

func isValueType(b byte) bool { return b >= typeV128 && b <= typeI32 || b == typeFunc || b == typeExt }

// effect is what a plain instruction takes from the operand stack and puts there.
type effect struct {
	pops, pushes int8
	known        bool
	memory       bool // an alignment and an offset follow
	index        bool // an index follows
}

// plain holds the instructions of one byte that need no further look.
var plain = plainEffects()

func plainEffects() (t [256]effect) {
	set := func(from, to int, e effect) {
		e.known = true
		for i := from; i <= to; i++ {
			t[i] = e
		}
	}
	set(0x01, 0x01, effect{})                                 // nop
	set(0x1a, 0x1a, effect{pops: 1})                          // drop
	set(0x1b, 0x1b, effect{pops: 3, pushes: 1})               // select
	set(0x25, 0x25, effect{pops: 1, pushes: 1, index: true})  // table.get
	set(0x26, 0x26, effect{pops: 2, index: true})             // table.set
	set(0x28, 0x35, effect{pops: 1, pushes: 1, memory: true}) // loads
	set(0x36, 0x3e, effect{pops: 2, memory: true})            // stores
	set(0x45, 0x45, effect{pops: 1, pushes: 1})               // i32.eqz
	set(0x46, 0x4f, effect{pops: 2, pushes: 1})               // i32 comparisons
	set(0x50, 0x50, effect{pops: 1, pushes: 1})               // i64.eqz
	set(0x51, 0x66, effect{pops: 2, pushes: 1})               // i64, f32, f64 comparisons
	set(0x67, 0x69, effect{pops: 1, pushes: 1})               // i32 clz ctz popcnt
	set(0x6a, 0x78, effect{pops: 2, pushes: 1})               // i32 arithmetic
	set(0x79, 0x7b, effect{pops: 1, pushes: 1})               // i64 clz ctz popcnt
	set(0x7c, 0x8a, effect{pops: 2, pushes: 1})               // i64 arithmetic
	set(0x8b, 0x91, effect{pops: 1, pushes: 1})               // f32 unary
	set(0x92, 0x98, effect{pops: 2, pushes: 1})               // f32 binary
	set(0x99, 0x9f, effect{pops: 1, pushes: 1})               // f64 unary
	set(0xa0, 0xa6, effect{pops: 2, pushes: 1})               // f64 binary
	set(0xa7, 0xc4, effect{pops: 1, pushes: 1})               // conversions, sign extension
	set(0xd1, 0xd1, effect{pops: 1, pushes: 1})               // ref.is_null
	return t
}

// plainCost is what a plain instruction costs.
func plainCost(op byte) uint32 {
	switch op {
	case 0x6d, 0x6e, 0x6f, 0x70, 0x7f, 0x80, 0x81, 0x82, 0x91, 0x9f: // div, rem, sqrt
		return costDivide
	}
	return 1
}

// truncates tells of an instruction that makes an integer of a fraction and may
// trap: as a division, compilers make several blocks of it.
func truncates(op byte) bool { return op >= 0xa8 && op <= 0xab || op >= 0xae && op <= 0xb1 }

// miscEffects are the operands of the instructions after opMisc.
var miscEffects = [miscLast + 1]effect{
	{1, 1, true, false, false}, {1, 1, true, false, false}, {1, 1, true, false, false}, {1, 1, true, false, false}, // trunc_sat
	{1, 1, true, false, false}, {1, 1, true, false, false}, {1, 1, true, false, false}, {1, 1, true, false, false},
	miscMemoryInit: {pops: 3, known: true}, miscDataDrop: {known: true}, miscMemoryCopy: {pops: 3, known: true},
	miscMemoryFill: {pops: 3, known: true}, miscTableInit: {pops: 3, known: true}, miscElemDrop: {known: true},
	miscTableCopy: {pops: 3, known: true}, miscTableGrow: {pops: 2, pushes: 1, known: true},
	miscTableSize: {pushes: 1, known: true}, miscTableFill: {pops: 3, known: true},
}
