package asm

// Instructions of one byte.
var (
	Unreachable = []byte{0x00}
	Nop         = []byte{0x01}
	End         = []byte{0x0b}
	Return      = []byte{0x0f}
	Drop        = []byte{0x1a}
	I32Eqz      = []byte{0x45}
	I32Eq       = []byte{0x46}
	I32LtU      = []byte{0x49}
	I32GeU      = []byte{0x4f}
	I32Add      = []byte{0x6a}
	I32Sub      = []byte{0x6b}
	I64Add      = []byte{0x7c}
	I64Or       = []byte{0x84}
	I64Shl      = []byte{0x86}
	WrapI64     = []byte{0xa7}
	ExtendS     = []byte{0xac} // i64.extend_i32_s
	ExtendU     = []byte{0xad} // i64.extend_i32_u
	MemoryGrow  = []byte{0x40, 0x00}
	MemorySize  = []byte{0x3f, 0x00}
)

// I32Const pushes v.
func I32Const(v int32) []byte { return append([]byte{0x41}, S64(int64(v))...) }

// I64Const pushes v.
func I64Const(v int64) []byte { return append([]byte{0x42}, S64(v)...) }

// LocalGet pushes a local.
func LocalGet(i uint32) []byte { return append([]byte{0x20}, U32(i)...) }

// LocalSet pops into a local.
func LocalSet(i uint32) []byte { return append([]byte{0x21}, U32(i)...) }

// LocalTee copies into a local.
func LocalTee(i uint32) []byte { return append([]byte{0x22}, U32(i)...) }

// GlobalGet pushes a global.
func GlobalGet(i uint32) []byte { return append([]byte{0x23}, U32(i)...) }

// GlobalSet pops into a global.
func GlobalSet(i uint32) []byte { return append([]byte{0x24}, U32(i)...) }

// Call calls f.
func Call(f Func) []byte { return append([]byte{0x10}, U32(uint32(f))...) }

// CallIndirect calls through table 0.
func CallIndirect(typ uint32) []byte { return append(append([]byte{0x11}, U32(typ)...), 0) }

// Load32 pops an address and pushes the i32 at offset from it.
func Load32(offset uint32) []byte { return append([]byte{0x28, 0}, U32(offset)...) }

// Load64 pops an address and pushes the i64 at offset from it.
func Load64(offset uint32) []byte { return append([]byte{0x29, 0}, U32(offset)...) }

// Load8 pops an address and pushes the byte at offset from it.
func Load8(offset uint32) []byte { return append([]byte{0x2d, 0}, U32(offset)...) }

// Store32 pops a value and an address and stores at offset from it.
func Store32(offset uint32) []byte { return append([]byte{0x36, 0}, U32(offset)...) }

// Block, Loop and If nest a body without parameters and results.
func Block(body ...[]byte) []byte { return Code([]byte{0x02, 0x40}, Code(body...), End) }

// Loop is a loop; Br(0) inside it goes on.
func Loop(body ...[]byte) []byte { return Code([]byte{0x03, 0x40}, Code(body...), End) }

// If pops a condition.
func If(body ...[]byte) []byte { return Code([]byte{0x04, 0x40}, Code(body...), End) }

// Br branches to the depth-th enclosing block.
func Br(depth uint32) []byte { return append([]byte{0x0c}, U32(depth)...) }

// BrIf does so when the popped condition is not 0.
func BrIf(depth uint32) []byte { return append([]byte{0x0d}, U32(depth)...) }

// TableGrow grows table 0.
func TableGrow() []byte { return []byte{0xfc, 15, 0} }

// RefNull pushes a null function reference.
func RefNull() []byte { return []byte{0xd0, 0x70} }

// MemoryFill fills memory.
func MemoryFill() []byte { return []byte{0xfc, 11, 0} }
