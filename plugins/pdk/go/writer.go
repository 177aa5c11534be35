//go:build wasip1

package driplet

import (
	"math/bits"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// writer makes JSON in one buffer, which grows and is used again.
type writer struct {
	b   []byte
	err error
}

// out takes what is written for the host, which copies it within the call, and
// the answer.
var out = writer{b: make([]byte, 0, 1024)}

// encode is v's JSON, valid until the next call.
func (w *writer) encode(v any) ([]byte, error) {
	w.b, w.err = w.b[:0], nil
	w.value(v)
	return w.b, w.err
}

func (w *writer) byte(c byte) { w.b = append(w.b, c) }

func (w *writer) raw(s string) { w.b = append(w.b, s...) }

// integer is strconv.AppendInt at a third of its time.
func (w *writer) integer(n int64) {
	var digits [20]byte
	at, left := len(digits), uint64(n)
	if n < 0 {
		left = -left
	}
	for left >= 100 {
		at -= 2
		pair := left % 100 * 2
		left /= 100
		digits[at], digits[at+1] = pairs[pair], pairs[pair+1]
	}
	at -= 2
	digits[at], digits[at+1] = pairs[left*2], pairs[left*2+1]
	if left < 10 {
		at++
	}
	if n < 0 {
		at--
		digits[at] = '-'
	}
	w.b = append(w.b, digits[at:]...)
}

const pairs = "00010203040506070809" +
	"10111213141516171819" +
	"20212223242526272829" +
	"30313233343536373839" +
	"40414243444546474849" +
	"50515253545556575859" +
	"60616263646566676869" +
	"70717273747576777879" +
	"80818283848586878889" +
	"90919293949596979899"

// Eight bytes at a time: of a word whose lowest bytes are the text's first, the
// top bits of those bytes are looked for that cannot stand for themselves.
const (
	ones   = 0x0101010101010101
	tops   = 0x80 * ones
	spaces = ' ' * ones
	slack  = 16 // bytes that may be written behind a text: a word, an escape
)

// text writes a JSON string; what is not UTF-8 becomes U+FFFD.
func (w *writer) text(s string) {
	from, to, n := w.reserve(s, 0)
	*(*byte)(unsafe.Add(to, n)) = '"'
	n++
	other := uint64(tops) // until it is known to be UTF-8
	for i := 0; i < len(s); {
		step, x := 8, uint64(0)
		if len(s)-i >= 8 {
			x = *(*uint64)(unsafe.Add(from, i))
		} else {
			step = len(s) - i
			x = tail(unsafe.Add(from, i), step)
		}
		*(*uint64)(unsafe.Add(to, n)) = x
		quote, slash := x^'"'*ones, x^'\\'*ones
		odd := ((x-spaces)&^x|(quote-ones)&^quote|(slash-ones)&^slash)&tops | x&other
		if odd == 0 {
			i += step
			n += step
			continue
		}
		plain := bits.TrailingZeros64(odd) >> 3
		i += plain
		n += plain
		c := byte(x >> (plain << 3))
		if c >= utf8.RuneSelf {
			other = 0
			if !utf8.ValidString(s[i:]) {
				s, i = strings.ToValidUTF8(s[i:], "\uFFFD"), 0
				w.b = w.b[:n]
				from, to, n = w.reserve(s, 0)
			}
			continue
		}
		i++
		n += escape(unsafe.Add(to, n), c)
		w.b = w.b[:n]
		from, to, n = w.reserve(s, i)
	}
	*(*byte)(unsafe.Add(to, n)) = '"'
	w.b = w.b[:n+1]
}

// key writes the name of a field, behind { or a comma.
func (w *writer) key(mark byte, key string) {
	from, to, n := w.reserve(key, 0)
	*(*byte)(unsafe.Add(to, n)) = mark
	if k := len(key); k < 8 && k > 0 {
		x := tail(from, k)
		quote, slash := x^'"'*ones, x^'\\'*ones
		if ((x-spaces)&^x|(quote-ones)&^quote|(slash-ones)&^slash|x)&tops == 0 {
			*(*byte)(unsafe.Add(to, n+1)) = '"'
			*(*uint64)(unsafe.Add(to, n+2)) = x
			*(*uint16)(unsafe.Add(to, n+2+k)) = '"' | ':'<<8
			w.b = w.b[:n+4+k]
			return
		}
	}
	w.b = w.b[:n+1]
	w.text(key)
	w.byte(':')
}

// reserve makes room for s from i on, and tells where s and the buffer are, and
// how much of that is written.
func (w *writer) reserve(s string, i int) (from, to unsafe.Pointer, n int) {
	if cap(w.b)-len(w.b) < len(s)-i+slack {
		w.grow(len(s) - i + slack)
	}
	return unsafe.Pointer(unsafe.StringData(s)), unsafe.Pointer(unsafe.SliceData(w.b)), len(w.b)
}

func (w *writer) grow(more int) {
	b := make([]byte, len(w.b), 2*cap(w.b)+more)
	copy(b, w.b)
	w.b = b
}

// tail is a word of the last n bytes of a text, 1 to 7, and spaces.
func tail(p unsafe.Pointer, n int) (x uint64) {
	shift := 0
	if n&4 != 0 {
		x, shift, p = uint64(*(*uint32)(p)), 32, unsafe.Add(p, 4)
	}
	if n&2 != 0 {
		x |= uint64(*(*uint16)(p)) << shift
		shift += 16
		p = unsafe.Add(p, 2)
	}
	if n&1 != 0 {
		x |= uint64(*(*byte)(p)) << shift
		shift += 8
	}
	return x | spaces<<shift
}

const hex = "0123456789abcdef"

// escape writes c as JSON escapes it, in 6 bytes at most, and tells how many.
func escape(to unsafe.Pointer, c byte) int {
	e := (*[6]byte)(to)
	e[0], e[1] = '\\', c
	switch c {
	case '"', '\\':
		return 2
	case '\n':
		e[1] = 'n'
		return 2
	case '\t':
		e[1] = 't'
		return 2
	}
	e[1], e[2], e[3], e[4], e[5] = 'u', '0', '0', hex[c>>4], hex[c&15]
	return 6
}
