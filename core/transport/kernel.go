package transport

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
)

// Listen opens a TCP listener for connections that live long. Keep-alive probes
// are off: WebSockets are pinged, and idle HTTP connections end by their server.
// log is told when nothing can be accepted.
func Listen(ctx context.Context, address string, log *slog.Logger) (net.Listener, error) {
	c := net.ListenConfig{KeepAlive: -1, Control: watch}
	c.SetMultipathTCP(false) // it has no TCP_USER_TIMEOUT
	l, err := c.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &tellingListener{Listener: l, log: log}, nil
}

// kernel is the way out of the process for one connection.
type kernel interface {
	try(p []byte) int            // takes what it can without waiting
	pending() bool               // something that was taken has not left: Write waits for it
	Write(p []byte) (int, error) // waits, until the connection's write deadline
}

func kernelOf(c net.Conn) kernel {
	switch t := c.(type) {
	case *net.TCPConn:
		if k, ok := direct(t); ok {
			return k
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

// waiting is a connection that can only be waited for: everything goes through
// the outlet's own goroutine.
type waiting struct{ net.Conn }

func (waiting) try([]byte) int { return 0 }

func (waiting) pending() bool { return false }
