package bench

import (
	"bytes"
	"strings"
)

// A message carries a mark of fixed width, so that who receives it finds the
// figures without reading JSON: {"bench":"RUN STREAM SEQ TIME TO","pad":"…"},
// RUN being eight letters and the others decimals.
const (
	markStart  = `{"bench":"`
	markEnd    = `","pad":""}`
	runLetters = 8
	digitsEach = 16
	markDigits = runLetters + 4*(1+digitsEach)
)

// mark is what a message says of itself.
type mark struct {
	stream int   // the publisher
	seq    int64 // counts the publisher's messages on the topic, from 1
	at     int64 // ns since the run began
	to     int64 // the connection that it is addressed to; -1: everybody
}

// appendMark writes a message of size bytes.
func appendMark(dst []byte, run string, m mark, size int) []byte {
	start := len(dst)
	dst = append(append(dst, markStart...), run...)
	for _, n := range [...]int64{int64(m.stream), m.seq, m.at, m.to + 1} {
		dst = appendFixed(append(dst, ' '), n)
	}
	dst = append(dst, markEnd[:len(markEnd)-2]...)
	for room := size - 2 - (len(dst) - start); room > 0; {
		n := min(room, len(padding))
		dst = append(dst, padding[:n]...)
		room -= n
	}
	return append(dst, `"}`...)
}

var padding = strings.Repeat("x", 4096)

func appendFixed(dst []byte, n int64) []byte {
	var digits [digitsEach]byte
	for i := range digits {
		digits[digitsEach-1-i] = '0' + byte(n%10)
		n /= 10
	}
	return append(dst, digits[:]...)
}

// readMark finds the mark of a run in a frame. It looks first where the mark
// was in the last frame.
func readMark(frame []byte, run string, hint *int) (m mark, ok bool) {
	at := *hint
	if at+len(markStart)+markDigits > len(frame) || string(frame[at:at+len(markStart)]) != markStart {
		at = bytes.Index(frame, []byte(markStart))
		if at < 0 || at+len(markStart)+markDigits > len(frame) {
			return mark{}, false
		}
		*hint = at
	}
	b := frame[at+len(markStart):]
	if string(b[:runLetters]) != run {
		return mark{}, false
	}
	b = b[runLetters:]
	var n [4]int64
	for i := range n {
		for _, d := range b[1 : 1+digitsEach] {
			if d < '0' || d > '9' {
				return mark{}, false
			}
			n[i] = n[i]*10 + int64(d-'0')
		}
		b = b[1+digitsEach:]
	}
	return mark{stream: int(n[0]), seq: n[1], at: n[2], to: n[3] - 1}, true
}
