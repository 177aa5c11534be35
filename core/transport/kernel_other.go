//go:build !linux

package transport

import (
	"net"
	"syscall"
)

// Elsewhere the outlet's own goroutine writes everything.
func direct(*net.TCPConn) (kernel, bool) { return nil, false }

// The system's own timeouts, and the client's silence, find dead peers.
func watch(string, string, syscall.RawConn) error { return nil }

// Not known: who connects waits, and the log says why.
func maxFiles() int { return 0 }

func (g *gate) try([]byte) int { return 0 }

// calls are those of net.Conn.
type calls struct{ net.Conn }

func (c *calls) begin(conn *net.TCPConn) error {
	c.Conn = conn
	return nil
}

func (c *calls) end() { c.Conn = nil }
