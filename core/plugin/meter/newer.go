package meter

// newer names what is younger than WebAssembly 2.0 by the bytes that it begins
// with, behind an error: a compiler that makes it has a switch against it. The
// numbers are those of the proposals (https://github.com/WebAssembly/proposals).
func newer(feature string) string {
	if feature == "" {
		return ""
	}
	return ": it belongs to " + feature + ", and a server takes WebAssembly 2.0: build it without"
}

// Features that compilers make.
const (
	exceptions = "exceptions"
	tailCalls  = "tail calls"
	references = "typed references and garbage collection"
	threads    = "threads"
	memory64   = "64-bit memories"
)

func featureOfOpcode(op byte) string {
	switch {
	case op >= 0x06 && op <= 0x0a, op == 0x18, op == 0x19, op == 0x1f:
		return exceptions
	case op == 0x12, op == 0x13:
		return tailCalls
	case op == 0x14, op == 0x15, op >= 0xd3 && op <= 0xd6, op == 0xfb:
		return references
	case op == 0xfe:
		return threads
	}
	return ""
}

// featureOfSection is that of a section that 2.0 does not have.
func featureOfSection(id byte) string {
	if id == 13 {
		return exceptions
	}
	return ""
}

// featureOfLimits is that of the flags before a memory's or table's limits.
func featureOfLimits(flags byte) string {
	switch {
	case flags == 2 || flags == 3:
		return threads
	case flags >= 4 && flags <= 7:
		return memory64
	}
	return ""
}

// featureOfType is that of an entry of the type section.
func featureOfType(form byte) string {
	switch form {
	case 0x4d, 0x4e, 0x4f, 0x50, 0x5e, 0x5f:
		return references
	}
	return ""
}
