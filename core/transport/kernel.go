package transport

import (
	"crypto/tls"
	"net"
	"sync"
	"syscall"
)

// kernel is the way out of the process for one connection.
type kernel interface {
	try(p []byte) int            // takes what it can without waiting
	pending() bool               // something that was taken has not left: Write waits for it
	Write(p []byte) (int, error) // waits, until the connection's write deadline
}

func kernelOf(c net.Conn) kernel {
	switch t := c.(type) {
	case *net.TCPConn:
		if raw, err := t.SyscallConn(); err == nil {
			return tcp{t, raw}
		}
	case *tls.Conn:
		if g, ok := t.NetConn().(*gate); ok {
			g.mu.Lock()
			g.open = true
			g.mu.Unlock()
			return secure{t, g}
		}
	}
	return waiting{c}
}

// tcp is a plain TCP connection.
type tcp struct {
	*net.TCPConn
	raw syscall.RawConn
}

func (k tcp) try(p []byte) int {
	w := writers.Get().(*writer)
	n := w.write(k.raw, p)
	writers.Put(w)
	return n
}

func (tcp) pending() bool { return false }

// waiting is a connection of another kind: everything goes through the
// outlet's own goroutine.
type waiting struct{ net.Conn }

func (waiting) try([]byte) int { return 0 }

func (waiting) pending() bool { return false }

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
