package transport

import (
	"io"
	"math"
	"net"
	"slices"
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

// maxFiles is how many files the process may have open; Go has raised it to the most
// that it may ask for.
func maxFiles() int {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil || l.Cur > math.MaxInt32 {
		return 0
	}
	return int(l.Cur)
}

// try makes one write(2). The descriptor is Go's poller's, so it never waits;
// telling the scheduler of a system call of two microseconds, and the poller
// of the write, would cost a tenth of it.
func (k tcp) try(p []byte) int {
	n, errno := call(syscall.SYS_WRITE, k.fd, p)
	if errno != 0 {
		return 0 // a full buffer, or an error that the read loop and the next waiting write meet too
	}
	return n
}

func (tcp) pending() bool { return false }

// await is patient's. The buffer is there while there is something to read.
func (k tcp) await() (head []byte, err error) {
	raw, err := k.SyscallConn()
	if err != nil {
		return nil, err
	}
	err = raw.Read(func(fd uintptr) bool {
		var room [readBuffer]byte
		n, errno := call(syscall.SYS_READ, fd, room[:])
		if errno == 0 {
			head = slices.Clone(room[:n])
		}
		return errno != syscall.EAGAIN
	})
	return head, err
}

// call is one system call that never waits: the descriptor is Go's poller's.
func call(trap, fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		if errno != syscall.EINTR {
			return int(n), errno
		}
	}
}

// calls reads from and writes to connections, one after the other, waiting as
// they do but without telling the scheduler of each system call: where there
// is a pause between requests, that wakes the thread which watches system
// calls, to look every 20 microseconds.
type calls struct {
	raw         syscall.RawConn
	p           []byte
	n           int
	errno       syscall.Errno
	read, write func(fd uintptr) bool
}

func (c *calls) begin(conn *net.TCPConn) (err error) {
	if c.read == nil {
		c.read, c.write = c.make(syscall.SYS_READ), c.make(syscall.SYS_WRITE)
	}
	c.raw, err = conn.SyscallConn()
	return err
}

// end lets go of the connection.
func (c *calls) end() { c.raw, c.p = nil, nil }

// make is what the poller does when the connection is ready: false waits.
func (c *calls) make(trap uintptr) func(uintptr) bool {
	return func(fd uintptr) bool {
		c.n, c.errno = call(trap, fd, c.p)
		return c.errno != syscall.EAGAIN
	}
}

// Read is as net.Conn has it.
func (c *calls) Read(p []byte) (int, error) {
	if c.p = p; len(p) == 0 {
		return 0, nil
	}
	if err := c.raw.Read(c.read); err != nil {
		return 0, err
	}
	switch {
	case c.errno != 0:
		return 0, c.errno
	case c.n == 0:
		return 0, io.EOF
	}
	return c.n, nil
}

// Write is as net.Conn has it.
func (c *calls) Write(p []byte) (n int, err error) {
	for n < len(p) {
		c.p = p[n:]
		if err := c.raw.Write(c.write); err != nil {
			return n, err
		}
		if c.errno != 0 {
			return n, c.errno
		}
		n += c.n
	}
	return n, nil
}

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
