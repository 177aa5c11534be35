package transport

import (
	"encoding/binary"
	"sync"
	"syscall"

	"github.com/driplet/driplet/core"
)

// writer makes one non-blocking write(2) on a connection that Go's poller
// owns. RawConn.Write wants a function; keeping it with its arguments in a
// pooled struct saves an allocation a write.
type writer struct {
	buf []byte
	n   int
	do  func(fd uintptr) bool
}

var writers = sync.Pool{New: func() any {
	w := &writer{}
	w.do = w.once
	return w
}}

// write returns how many bytes the kernel took. Errors other than a full
// buffer take none: the read loop and the next blocking write meet them too.
func (w *writer) write(raw syscall.RawConn, p []byte) int {
	w.buf, w.n = p, 0
	raw.Write(w.do)
	w.buf = nil
	return max(w.n, 0)
}

func (w *writer) once(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), w.buf)
		if err == syscall.EINTR {
			continue
		}
		w.n = n
		return true // never wait
	}
}

// boundary finds the first frame boundary at or after at in buf, whose first
// boundary is at start. Server frames are not masked (RFC 6455, 5.2).
func boundary(buf []byte, start, at int) int {
	for start < at {
		start += frameLen(buf[start:])
	}
	return start
}

func frameLen(b []byte) int {
	switch n := int(b[1] & 0x7f); n {
	case 126:
		return 4 + int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		return 10 + int(binary.BigEndian.Uint64(b[2:]))
	default:
		return 2 + n
	}
}

// pingFrame is a ping without payload (RFC 6455, 5.5.2).
var pingFrame = []byte{0x89, 0}

// opClose is the first byte of a close frame.
const opClose = 0x88

// closeFrame is a whole close frame (RFC 6455, 5.5.1).
func closeFrame(r core.CloseReason) []byte {
	text := closeText(r.Text)
	b := []byte{opClose, byte(2 + len(text)), byte(r.Code >> 8), byte(r.Code)}
	return append(b, text...)
}

// closeText cuts a text to what a close frame holds, between characters.
func closeText(s string) string {
	const room = 123
	if len(s) <= room {
		return s
	}
	s = s[:room]
	for len(s) > 0 && s[len(s)-1]&0xc0 == 0x80 {
		s = s[:len(s)-1]
	}
	if len(s) > 0 && s[len(s)-1] >= 0xc0 {
		s = s[:len(s)-1]
	}
	return s
}
