package transport

import (
	"crypto/tls"
	"net"
	"sync"
)

// TLSListener serves TLS on l. Its connections can be written to without
// waiting, as plain ones can: what the kernel does not take waits beneath TLS,
// as ciphertext, because a TLS connection does not survive half a record.
func TLSListener(l net.Listener, c *tls.Config) net.Listener {
	return tls.NewListener(gateListener{l}, c)
}

type gateListener struct{ net.Listener }

// Accept wraps a connection that came in.
func (l gateListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if t, ok := c.(*net.TCPConn); ok && err == nil {
		return &gate{TCPConn: t}, nil
	}
	return c, err
}

// gate lies between TLS and TCP. Until it is opened writes wait as usual: the
// handshake and HTTP want that.
type gate struct {
	*net.TCPConn

	mu   sync.Mutex
	open bool
	rest []byte
}

// Write is TLS' writing. Once the gate is open it takes everything.
func (g *gate) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.open {
		return g.TCPConn.Write(p)
	}
	n := 0
	if len(g.rest) == 0 {
		n = g.try(p)
	}
	g.rest = append(g.rest, p[n:]...)
	return len(p), nil
}

// drain writes what waits. An error leaves the rest to another drain.
func (g *gate) drain() error {
	for {
		g.mu.Lock()
		rest := g.rest
		g.rest = nil
		g.mu.Unlock()
		if len(rest) == 0 {
			return nil
		}
		n, err := g.TCPConn.Write(rest)
		if err != nil {
			g.mu.Lock()
			g.rest = append(rest[n:], g.rest...)
			g.mu.Unlock()
			return err
		}
	}
}

// secure is a TLS connection over an open gate.
type secure struct {
	*tls.Conn
	gate *gate
}

func (k secure) try(p []byte) int {
	if k.pending() {
		return 0
	}
	n, _ := k.Conn.Write(p) // an error is the read loop's to meet
	return n
}

func (k secure) pending() bool {
	k.gate.mu.Lock()
	defer k.gate.mu.Unlock()
	return len(k.gate.rest) > 0
}

// Write waits before p, so that little is queued as ciphertext, and behind it.
// Whatever the error, p is within TLS then, or none of it is.
func (k secure) Write(p []byte) (int, error) {
	if err := k.gate.drain(); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := k.Conn.Write(p)
	if err != nil {
		return n, err
	}
	return n, k.gate.drain()
}
