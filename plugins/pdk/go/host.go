//go:build wasip1

package driplet

import (
	"encoding/binary"
	"time"
	"unsafe"
)

// scratch takes the host's results; what stands here is gone with the next
// call. One event is handled at a time, so one is enough.
var scratch = make([]byte, 4096)

// read calls f with a buffer, again with a larger one while it does not fit.
func read(f func(out []byte) int32) (result []byte, errno int32) {
	for {
		n := f(scratch)
		if n < 0 {
			return nil, n
		}
		if int(n) <= len(scratch) {
			return scratch[:n], 0
		}
		scratch = make([]byte, n)
	}
}

// outbox takes what is written for the host, which copies it within the call.
var outbox = make([]byte, 0, 1024)

func bytesAt(b []byte) unsafe.Pointer      { return unsafe.Pointer(unsafe.SliceData(b)) }
func textAt(s string) unsafe.Pointer       { return unsafe.Pointer(unsafe.StringData(s)) }
func size[T ~string | ~[]byte](v T) uint32 { return uint32(len(v)) }

// envelope packs fields: u16 version, u16 fields, then u32 length and bytes of each.
func envelope[T ~string | ~[]byte](fields ...T) []byte {
	n := 4
	for _, f := range fields {
		n += 4 + len(f)
	}
	b := make([]byte, 4, n)
	binary.LittleEndian.PutUint16(b, 1)
	binary.LittleEndian.PutUint16(b[2:], uint16(len(fields)))
	for _, f := range fields {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(f)))
		b = append(b, f...)
	}
	return b
}

// readEnvelope fills fields; those beyond are skipped, missing ones stay empty.
// The host's envelopes are well formed.
func readEnvelope(b []byte, fields [][]byte) {
	count := int(binary.LittleEndian.Uint16(b[2:]))
	b = b[4:]
	for i := range min(count, len(fields)) {
		n := binary.LittleEndian.Uint32(b)
		fields[i] = b[4 : 4+n : 4+n]
		b = b[4+n:]
	}
}

// Log writes to the server's log.
var Log logger

type logger struct{}

func (logger) Debug(text string) { hostLog(0, textAt(text), size(text)) }
func (logger) Info(text string)  { hostLog(1, textAt(text), size(text)) }
func (logger) Warn(text string)  { hostLog(2, textAt(text), size(text)) }
func (logger) Error(text string) { hostLog(3, textAt(text), size(text)) }

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
