package client

import (
	"io"
	"net"
	"sync"
	"syscall"
)

const (
	// bufferSize holds what a busy server sends in one write, many frames at
	// once.
	bufferSize = 64 << 10
	// ownSize is the buffer of a connection that cannot borrow one.
	ownSize = 4 << 10
	// keepRest is the largest leftover whose memory a connection keeps.
	keepRest = 2 << 10
)

// buffers are shared by all connections: one is borrowed when there is
// something to read, never while waiting.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// input reads one connection in large batches. Over TCP it holds no buffer
// while it waits.
type input struct {
	conn net.Conn
	raw  syscall.RawConn // nil over TLS and on Windows, where reading wants a buffer first
	once func(fd uintptr) bool

	lent *[bufferSize]byte // between read and keep
	own  []byte            // over TLS
	rest []byte            // the start of a frame whose end has not come
	need int               // bytes of that frame; 0: not known

	data []byte // rest, and what the last read brought behind it
	n    int    // bytes that it brought
	err  error
}

// newInput reads conn, behind what came with the handshake.
func newInput(conn net.Conn, head []byte) input {
	in := input{conn: conn, raw: rawConn(conn), rest: head}
	if in.raw == nil {
		in.own = make([]byte, ownSize)
	}
	return in
}

// read waits for bytes. data is valid until keep; n of its bytes are new.
func (in *input) read() (data []byte, n int, err error) {
	if in.raw == nil {
		n, err := in.conn.Read(in.space())
		in.take(n, err)
	} else {
		if in.once == nil {
			in.once = in.try
		}
		if err := in.raw.Read(in.once); err != nil {
			return nil, 0, err
		}
	}
	return in.data, in.n, in.err
}

// try is one read(2), which may find nothing.
func (in *input) try(fd uintptr) bool {
	for {
		n, err := readNow(fd, in.space())
		switch err {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			in.release()
			return false
		}
		in.take(n, err)
		return true
	}
}

// space is where to read to: behind the rest in a buffer, or, for a frame
// that is larger than one, in memory of its own.
func (in *input) space() []byte {
	buf := in.own
	if in.raw != nil {
		if in.lent == nil {
			in.lent = buffers.Get().(*[bufferSize]byte)
		}
		buf = in.lent[:]
	}
	if in.need > len(buf) {
		in.release()
		if cap(in.rest) < in.need {
			in.rest = append(make([]byte, 0, in.need), in.rest...)
		}
		in.data = in.rest[:in.need]
	} else {
		copy(buf, in.rest)
		in.data = buf
	}
	return in.data[len(in.rest):]
}

func (in *input) take(n int, err error) {
	in.n, in.err = max(n, 0), err
	switch {
	case in.n > 0:
		in.err = nil // it comes again
	case err == nil:
		in.err = io.EOF
	}
	in.data = in.data[:len(in.rest)+in.n]
}

// keep ends the use of what read gave. rest, its tail, comes again before
// more; need is how long the frame is that begins it, 0 where that is not
// known.
func (in *input) keep(rest []byte, need int) {
	if len(rest) == 0 && cap(in.rest) > keepRest {
		in.rest = nil
	} else {
		in.rest = append(in.rest[:0], rest...)
	}
	in.need, in.data = need, nil
	in.release()
}

func (in *input) release() {
	if in.lent != nil {
		buffers.Put(in.lent)
		in.lent = nil
	}
}
