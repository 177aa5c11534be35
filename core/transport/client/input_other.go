//go:build !unix

package client

import (
	"errors"
	"net"
	"syscall"
)

// rawConn is nil: here a read wants its buffer before there is something to read.
func rawConn(net.Conn) syscall.RawConn { return nil }

// readNow is never called, for rawConn is nil.
func readNow(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }
