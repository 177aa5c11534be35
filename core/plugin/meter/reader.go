package meter

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// reader walks over a binary. Its first error stays; reads after it return
// zeros, so that callers check once.
type reader struct {
	b   []byte
	pos int
	err error
}

var errShort = errors.New("it ends too early: is the file whole?")

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
	r.pos = len(r.b)
}

func (r *reader) more() bool { return r.pos < len(r.b) }

func (r *reader) byte() byte {
	if r.pos >= len(r.b) {
		r.fail("%w", errShort)
		return 0
	}
	r.pos++
	return r.b[r.pos-1]
}

func (r *reader) take(n uint32) []byte {
	if uint64(n) > uint64(len(r.b)-r.pos) {
		r.fail("%w", errShort)
		return nil
	}
	r.pos += int(n)
	return r.b[r.pos-int(n) : r.pos]
}

// u32 reads unsigned LEB128 of at most 5 bytes.
func (r *reader) u32() uint32 {
	if r.pos < len(r.b) && r.b[r.pos] < 0x80 {
		r.pos++
		return uint32(r.b[r.pos-1])
	}
	var v uint32
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		if shift == 28 && b > 0x0f {
			break
		}
		v |= uint32(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	r.fail("a number of more than 32 bits")
	return 0
}

// signed reads signed LEB128 of so many bits.
func (r *reader) signed(bits int) int64 {
	var v int64
	for shift := 0; shift < bits; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if left := bits - shift; left < 7 {
			// The bits beyond the number must repeat its sign.
			if beyond := int8(b<<1) >> (left); b >= 0x80 || beyond != 0 && beyond != -1 {
				break
			}
		}
		if b < 0x80 {
			if shift+7 < 64 {
				v = v << (64 - 7 - shift) >> (64 - 7 - shift)
			}
			return v
		}
	}
	r.fail("a number of more than %d bits", bits)
	return 0
}

// count reads the length of a vector whose items have at least size bytes.
func (r *reader) count(what string, limit uint32) int {
	n := r.u32()
	if n > limit {
		r.fail("%d %s: at most %d are taken", n, what, limit)
		return 0
	}
	if uint64(n) > uint64(len(r.b)-r.pos) {
		r.fail("%w", errShort)
		return 0
	}
	return int(n)
}

// name reads a text.
func (r *reader) name() string {
	b := r.take(r.u32())
	if !utf8.Valid(b) {
		r.fail("a name that is not UTF-8")
	}
	return string(b)
}

// appendU32 appends unsigned LEB128.
func appendU32(b []byte, v uint32) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// appendS64 appends signed LEB128.
func appendS64(b []byte, v int64) []byte {
	for v < -64 || v > 63 {
		b = append(b, byte(v&0x7f)|0x80)
		v >>= 7
	}
	return append(b, byte(v&0x7f))
}

func appendName(b []byte, s string) []byte { return append(appendU32(b, uint32(len(s))), s...) }
