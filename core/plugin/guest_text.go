package plugin

import (
	"bytes"
	"encoding/binary"
	"log/slog"
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

// outputs takes what a WASI guest writes to its standard output and error:
// lines go to the log, and the last of them explain a trap.
type outputs struct {
	in   *instance
	tail []byte
}

// tailBytes is how much of the last output is kept: Go's panic begins with its
// message, stack traces follow.
const tailBytes = 2048

// Write takes what the guest wrote; it never fails.
func (o *outputs) Write(p []byte) (int, error) {
	if room := tailBytes - len(o.tail); room > 0 {
		o.tail = append(o.tail, p[:min(room, len(p))]...)
	}
	if o.in != nil && o.in.logLines < MaxLogLines {
		o.in.logLines++
		o.in.logged(slog.LevelInfo, bytes.TrimRight(p, "\n"))
	}
	return len(p), nil
}
