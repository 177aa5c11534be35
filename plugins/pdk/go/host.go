//go:build wasip1

package driplet

import (
	"encoding/binary"
	"time"
	"unsafe"
)

// read calls f with a buffer, again with a larger one while it does not fit. The
// result is gone with the next call, unless it is kept by own.
func read(f func(out []byte) int32) (result []byte, errno int32) {
	for want := pageRest; ; {
		if len(page.b)-page.used < want {
			turn(want)
		}
		out := page.b[page.used:]
		n := f(out)
		if n < 0 {
			return nil, n
		}
		if int(n) <= len(out) {
			return out[:n:n], 0
		}
		want = int(n)
	}
}

// own keeps a result of read.
func own(b []byte) []byte {
	page.used += len(b)
	return b
}

func bytesAt(b []byte) unsafe.Pointer      { return unsafe.Pointer(unsafe.SliceData(b)) }
func textAt(s string) unsafe.Pointer       { return unsafe.Pointer(unsafe.StringData(s)) }
func size[T ~string | ~[]byte](v T) uint32 { return uint32(len(v)) }

// envelope packs fields: u16 version, u16 fields, then u32 length and bytes of each.
func envelope[T ~string | ~[]byte](fields ...T) []byte {
	return appendEnvelope(nil, fields...)
}

func (w *writer) envelope(fields ...string) { w.b = appendEnvelope(w.b, fields...) }

func appendEnvelope[T ~string | ~[]byte](b []byte, fields ...T) []byte {
	b = append(b, 1, 0, byte(len(fields)), byte(len(fields)>>8))
	for _, f := range fields {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(f)))
		b = append(b, f...)
	}
	return b
}

// Log writes to the server's log.
var Log Logger

// Logger is what Log is. 4 KiB of a text are kept, and 64 texts of an event.
type Logger struct{}

// Debug is for whoever looks for an error.
func (Logger) Debug(text string) { hostLog(0, textAt(text), size(text)) }

// Info is for the record.
func (Logger) Info(text string) { hostLog(1, textAt(text), size(text)) }

// Warn is for whoever runs the server, some day.
func (Logger) Warn(text string) { hostLog(2, textAt(text), size(text)) }

// Error is for whoever runs the server, now.
func (Logger) Error(text string) { hostLog(3, textAt(text), size(text)) }

// Metric adds value to the plugin's counter of this name (a-z 0-9 _).
func Metric(name string, value int64) { hostMetric(textAt(name), size(name), value) }

// Now is the server's time. An event's Time is when it happened.
func Now() time.Time { return time.UnixMilli(hostNow()) }

// Random fills b (65,536 bytes at most) with random bytes good for secrets.
func Random(b []byte) error { return check(hostRandom(bytesAt(b), size(b)), "Random", "") }

// Config is the value at path of the plugin's configuration: [config] of its
// manifest, with what the endpoint overrides. nil if there is none.
func Config(path string) Value {
	b, errno := read(func(out []byte) int32 {
		return hostConfigGet(textAt(path), size(path), bytesAt(out), size(out))
	})
	if errno < 0 || len(b) == 0 {
		return nil
	}
	return tagged(b[0], b[1:])
}
