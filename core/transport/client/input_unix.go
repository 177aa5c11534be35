//go:build unix

package client

import (
	"net"
	"syscall"
)

// rawConn is the way to read a connection by read(2) itself; nil: there is none.
func rawConn(conn net.Conn) syscall.RawConn {
	if tcp, ok := conn.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			return raw
		}
	}
	return nil
}

// readNow is read(2).
func readNow(fd uintptr, p []byte) (int, error) { return syscall.Read(int(fd), p) }
