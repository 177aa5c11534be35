//go:build wasip1

package driplet

import (
	"math"
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

// integer is strconv.AppendInt at a fraction of its time: it divides by
// multiplying, which is exact for what fits into 32 bits, and 16.
func (w *writer) integer(n int64) {
	var digits [20]byte
	at, left := len(digits), uint64(n)
	if n < 0 {
		left = -left
	}
	for left > math.MaxUint32 {
		rest := left / 10000
		at -= 4
		four(unsafe.Pointer(&digits[at]), left-rest*10000)
		left = rest
	}
	for left >= 10000 {
		rest := left * 3518437209 >> 45
		at -= 4
		four(unsafe.Pointer(&digits[at]), left-rest*10000)
		left = rest
	}
	at -= 4
	four(unsafe.Pointer(&digits[at]), left)
	switch {
	case left < 10:
		at += 3
	case left < 100:
		at += 2
	case left < 1000:
		at++
	}
	if n < 0 {
		at--
		digits[at] = '-'
	}
	w.b = append(w.b, digits[at:]...)
}

// four writes the four digits of a number below 10,000.
func four(to unsafe.Pointer, n uint64) {
	high := n * 5243 >> 19
	p := unsafe.Pointer(unsafe.StringData(pairs))
	*(*uint16)(to) = *(*uint16)(unsafe.Add(p, high*2))
	*(*uint16)(unsafe.Add(to, 2)) = *(*uint16)(unsafe.Add(p, (n-high*100)*2))
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
		step, x := min(len(s)-i, wordSize), word(unsafe.Add(from, i))
		if step < wordSize {
			x = padded(x, step)
		}
		*(*uint64)(unsafe.Add(to, n)) = x
		odd := odd(x, other)
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
		if cap(w.b)-n < len(s)-i+slack {
			w.b = w.b[:n]
			from, to, n = w.reserve(s, i)
		}
	}
	*(*byte)(unsafe.Add(to, n)) = '"'
	w.b = w.b[:n+1]
}

// odd has the top bits of the bytes of x that JSON escapes, or that are not ASCII
// where other says so.
func odd(x, other uint64) uint64 {
	quote, slash := x^'"'*ones, x^'\\'*ones
	return ((x-spaces)&^x|(quote-ones)&^quote|(slash-ones)&^slash)&tops | x&other
}

// padded is the first n bytes of x, less than 8, and spaces.
func padded(x uint64, n int) uint64 {
	shift := uint(n) * 8 % 64
	return x&(1<<shift-1) | spaces<<shift
}

// key writes the name of a field, behind { or a comma.
func (w *writer) key(mark byte, key string) {
	from, to, n := w.reserve(key, 0)
	k := len(key)
	*(*uint16)(unsafe.Add(to, n)) = uint16(mark) | '"'<<8
	if k < wordSize && k > 0 { // an empty text may lie nowhere
		if x := padded(word(from), k); odd(x, tops) == 0 {
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
