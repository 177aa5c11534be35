package transport

import (
	"crypto/tls"
	"net"
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
		watch(t)
		if k, ok := direct(t); ok {
			return k
		}
	case *tls.Conn:
		if g, ok := t.NetConn().(*gate); ok {
			g.mu.Lock()
			g.open = true
			g.mu.Unlock()
			watch(g.TCPConn)
			return secure{t, g}
		}
	}
	return waiting{c}
}

// waiting is a connection that can only be waited for: everything goes through
// the outlet's own goroutine.
type waiting struct{ net.Conn }

func (waiting) try([]byte) int { return 0 }

func (waiting) pending() bool { return false }
