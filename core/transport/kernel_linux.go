package transport

import (
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tcp is a plain TCP connection, written to by its descriptor.
type tcp struct {
	*net.TCPConn
	fd uintptr
}

// direct gives a connection's descriptor for as long as it is open: the outlet
// sees to it that nothing is tried once it was told to leave.
func direct(c *net.TCPConn) (kernel, bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, false
	}
	k := tcp{TCPConn: c}
	err = raw.Control(func(fd uintptr) { k.fd = fd })
	return k, err == nil
}

// watch has the kernel give up connections whose peer acknowledges nothing.
// They inherit it from their listener, which saves a call for each.
func watch(_, _ string, listener syscall.RawConn) error {
	return listener.Control(func(fd uintptr) {
		// Should the kernel refuse, the silence of the client still tells.
		unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(ackTimeout.Milliseconds()))
	})
}

// try makes one write(2). The descriptor is Go's poller's, so it never waits;
// telling the scheduler of a system call of two microseconds, and the poller
// of the write, would cost a tenth of it.
func (k tcp) try(p []byte) int {
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, k.fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch {
		case errno == 0:
			return int(n)
		case errno != syscall.EINTR:
			// A full buffer, or an error that the read loop and the next
			// waiting write meet too.
			return 0
		}
	}
}

func (tcp) pending() bool { return false }

// try writes what the kernel takes at once.
func (g *gate) try(p []byte) (n int) {
	raw, err := g.TCPConn.SyscallConn()
	if err != nil {
		return 0
	}
	raw.Write(func(fd uintptr) bool {
		if n, err = syscall.Write(int(fd), p); err != nil {
			n = 0
		}
		return true // never wait
	})
	return n
}
