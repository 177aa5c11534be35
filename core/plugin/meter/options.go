package meter

// What a rewritten module imports and exports besides its own: names that the
// guest itself may not use.
const (
	// HostModule is the module whose functions a rewritten module imports.
	HostModule = "driplet_meter"
	// HostYield is the import (fuel i64) -> i64, called when the fuel is used
	// up: fuel is what is left (negative), the result is what the guest goes on
	// with. It ends the guest by panicking.
	HostYield = "yield"
	// HostOverflow is the import () -> (), called when the calls go deeper than
	// MaxDepth or need more stack than MaxStack. It must panic: if it returns,
	// the guest traps.
	HostOverflow = "overflow"
	// FuelExport is the exported global (mutable i64) with the fuel that is
	// left. It starts at 0: the first function that runs yields.
	FuelExport = "driplet_meter.fuel"
	// StackExport is the exported global (mutable i64) with the stack budget
	// that is left. A trap leaves it where it was: whoever uses an instance
	// after a trap sets it back.
	StackExport = "driplet_meter.stack"
)

// Options bound what a rewritten module may use. The zero value has the
// defaults.
type Options struct {
	// MaxDepth is how many calls may be open at once; 0 is DefaultDepth.
	MaxDepth int
	// MaxStack is how many bytes the open calls' locals and operands may take,
	// 8 each and 16 for vectors, and an eighth of their code's size; 0 is
	// DefaultStack.
	MaxStack int
	// MaxTable is how many entries a table may have; 0 is DefaultTable.
	MaxTable uint32
	// MaxPages lowers the memory's declared maximum, in pages of 64 KiB; 0
	// leaves it. The engine's own limit is what counts for memory.
	MaxPages uint32
}

// The defaults of Options.
const (
	// DefaultDepth lets a parser recurse into any document that is not an attack.
	DefaultDepth = 20_000
	// DefaultStack is what threads of small systems get.
	DefaultStack = 1 << 20
	// DefaultTable is many times the functions that programs take addresses of.
	DefaultTable = 65_536
)

func (o Options) withDefaults() Options {
	if o.MaxDepth <= 0 {
		o.MaxDepth = DefaultDepth
	}
	if o.MaxStack <= 0 {
		o.MaxStack = DefaultStack
	}
	if o.MaxTable == 0 {
		o.MaxTable = DefaultTable
	}
	return o
}

// The stack is counted in units, so that one global holds both limits: a call
// costs unitsPerCall or what its bytes are worth, whichever is more. The
// budget ends after MaxDepth calls of the cheapest kind, and after MaxStack
// bytes of the larger ones.
const unitsPerCall = 64

func (o Options) stackBudget() int64 { return int64(o.MaxDepth) * unitsPerCall }

// frameUnits is what a frame of that many bytes costs.
func (o Options) frameUnits(bytes int64) int64 {
	units := (bytes*o.stackBudget() + int64(o.MaxStack) - 1) / int64(o.MaxStack)
	return max(units, unitsPerCall)
}
