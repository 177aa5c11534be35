package plugin

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"

	"github.com/tetratelabs/wazero/api"
)

// ascText reads a string of AssemblyScript: UTF-16 with its length in bytes in
// the four bytes before it.
func ascText(mem api.Memory, ptr uint32) string {
	if mem == nil || ptr < 4 {
		return "?"
	}
	size, ok := mem.ReadUint32Le(ptr - 4)
	if !ok {
		return "?"
	}
	raw, ok := mem.Read(ptr, min(size, 1024))
	if !ok {
		return "?"
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	return string(utf16.Decode(units))
}

func containsName(wasm []byte, name string) bool { return bytes.Contains(wasm, []byte(name)) }
