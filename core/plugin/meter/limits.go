package meter

// Bounds of what is compiled at all. A compiler's time and memory grow with
// these counts, some of them far beyond the size of the file; each is refused
// before the compiler sees the module. Programs of real toolchains stay well
// below them.
const (
	// MaxModule is the file's size: compiling takes about a second per 10 MiB.
	MaxModule = 16 << 20
	// MaxTypes, MaxFunctions, MaxImports, MaxExports, MaxGlobals and MaxSegments
	// bound the lists that decoders make room for.
	MaxTypes     = 10_000
	MaxFunctions = 65_536
	MaxImports   = 1_000
	MaxExports   = 10_000
	MaxGlobals   = 10_000
	MaxSegments  = 100_000 // Go writes one for every stretch of its data
	// MaxElements is how many entries all element segments have: each instance
	// makes a list of those that wait for table.init, eight bytes for each, which
	// no limit of memory covers. It fills the largest table four times.
	MaxElements = 1 << 18
	// MaxTables: each may take MaxTable entries.
	MaxTables = 16
	// MaxValues is how many parameters or results a type may have: two bytes of
	// code can move them all.
	MaxValues = 255
	// MaxBody is one function's size in bytes, MaxBodySquares the sum of the
	// squares of all: register allocation takes 0.15 s for 128 KiB of calls in one
	// function, 1.5 s for 512 KiB, 10 s for 1 MiB (BenchmarkCompileBombs). The
	// largest function of QuickJS has 37 KB, of a Go program with net/http, TLS
	// and templates 51 KB; the squares sum up to 2^31, 2^32 for a Go plugin, 2^34
	// for that program.
	MaxBody        = 128 << 10
	MaxBodySquares = 1 << 36
	// MaxLocals is a function's, MaxLocalsTotal the module's number of locals:
	// three bytes can declare four thousand million.
	MaxLocals      = 10_000
	MaxLocalsTotal = 1 << 20
	// MaxTargets is a br_table's number of entries.
	MaxTargets = 65_520
	// MaxWork bounds, per function, the values that calls, blocks and branches
	// move (a branch table moves its values once per entry): compilers make one
	// node for each. Real functions stay below 4,000.
	// A call counts for one more, one through a table for eight, a bulk operation
	// for four, what may trap as a division does for one. MaxWorkTotal bounds the
	// module's: compiling takes about 3 us for each, and 15 MiB of calls through a
	// table took more than a minute. A Go plugin comes to 150,000, one of 16 MiB to a
	// million.
	MaxWork      = 1 << 18
	MaxWorkTotal = 1 << 21
	// MaxBlocks bounds the blocks of straight code that a function has: one for
	// each block, two for each loop, one for each br_if, and a branch table's
	// entries by 64ths. MaxSquares bounds the sum of their squares over the
	// module: compile time grows with the square, 10,000 empty loops in one
	// function take half a minute. Go's and QuickJS's largest functions have
	// 1,400; a Go module of 3 MB sums up to 8 million.
	MaxBlocks  = 4096
	MaxSquares = 1 << 26
	// MaxJoins bounds, per function, the number of its blocks times the number
	// of its locals: compilers may make one node for each.
	MaxJoins = 1 << 20
	// MaxName is the length of a function's name; longer ones are left out.
	MaxName = 4096
)

// What code costs in fuel. An instruction costs 1; these cost more.
const (
	costCall       = 16 // besides what the callee takes itself
	costImport     = 64 // leaving the compiled code takes about 100 ns
	costBulk       = 16 // besides the bytes
	costDivide     = 8  // integer division, square roots
	bytesPerFuel   = 8  // of bulk operations
	fuelPerPage    = 65_536 / bytesPerFuel
	maxUnpaid      = 256 // the dearest path between two charges
	markEvery      = 64  // plain instructions are cut into runs of this cost
	maxLeaf        = 64  // the dearest function without calls that is not charged
	leafStackBytes = 4096
	// codePerStack: so many bytes of code count as a byte of stack. A compiler
	// may give every value that outlives a call a place of its own, so that the
	// true frame of a long function is far larger than its locals and operands.
	codePerStack = 8
	// workIndirect is what a call through a table adds to the work of compiling:
	// three checks, each with a way out.
	workIndirect = 7
	// workMisc is what a bulk operation is to a compiler, with its checks.
	workMisc = 4
	// chunk is how many bytes a bulk operation moves between two charges:
	// about 10 us, during which nothing can stop it.
	chunk = 128 << 10
)
