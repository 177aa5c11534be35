package transport

import (
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/driplet/driplet/core"
)

// outlet writes to one connection without ever blocking its caller. What the
// kernel does not take is kept, up to limit bytes, and written by a goroutine
// that lives only as long as there is such a rest. A connection over its limit
// is closed: its queue is dropped, the close frame gets closeGrace, then the
// connection is reset.
//
// Every write is a sequence of whole WebSocket frames.
type outlet struct {
	conn  net.Conn
	raw   syscall.RawConn // of conn; nil where it has none
	limit int
	full  func() // called once, when the limit is passed

	mu     sync.Mutex
	rest   []byte
	flight int  // bytes that flush is writing
	cut    int  // bytes at the start of the rest that end a frame begun before
	busy   bool // flush runs
	slow   bool // over the limit: nothing more is taken
	ended  bool // the connection failed
}

// write takes p, whole frames, or drops the connection.
func (o *outlet) write(p []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.slow || o.ended:
	case !o.busy:
		n := o.try(p)
		if n == len(p) {
			return
		}
		o.cut = boundary(p, 0, n) - n
		if len(p)-n > o.limit {
			o.drop()
			p = p[:n+o.cut]
		}
		o.rest = append(o.rest, p[n:]...)
		o.busy = true
		go o.flush()
	case len(o.rest)+o.flight+len(p) > o.limit:
		o.drop()
		o.conn.SetWriteDeadline(time.Now()) // wakes flush
	default:
		o.rest = append(o.rest, p...)
	}
}

// drop gives up on a slow connection; flush ends it.
func (o *outlet) drop() {
	o.slow = true
	if o.full != nil {
		o.full()
	}
}

// try writes what the kernel takes at once.
func (o *outlet) try(p []byte) int {
	if o.raw == nil {
		return 0
	}
	w := writers.Get().(*writer)
	n := w.write(o.raw, p)
	writers.Put(w)
	return n
}

// flush writes the rest, waiting for the kernel as long as it takes.
func (o *outlet) flush() {
	for {
		o.mu.Lock()
		buf, cut, slow := o.rest, o.cut, o.slow
		o.rest, o.cut, o.flight = nil, 0, len(buf)
		if len(buf) == 0 && !slow {
			o.busy = false
			o.mu.Unlock()
			return
		}
		o.mu.Unlock()
		if slow {
			o.endSlow(buf[:cut])
			return
		}
		n, err := o.conn.Write(buf)
		if err == nil {
			continue
		}
		o.mu.Lock()
		slow, o.ended, o.rest = o.slow, true, nil
		o.mu.Unlock()
		if slow {
			o.endSlow(buf[n:boundary(buf, cut, n)])
		}
		return
	}
}

// endSlow ends the frame that was begun, says why, and resets the connection.
func (o *outlet) endSlow(tail []byte) {
	last := append(tail[:len(tail):len(tail)], closeFrame(core.CloseReason{
		Code: core.CloseTooSlow, Text: "you read too slowly: the queue of this connection is full (Limits.QueueBytes)",
	})...)
	o.conn.SetWriteDeadline(time.Now().Add(closeGrace))
	o.conn.Write(last)
	reset(o.conn)
}

// pending reports whether bytes wait that were not written.
func (o *outlet) pending() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.busy
}

// reset closes without waiting for what is unsent.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}
