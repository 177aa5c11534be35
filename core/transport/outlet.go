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
// is given up: its queue is dropped, the close frame gets closeGrace, then the
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
	flight int           // bytes that flush is writing
	cut    int           // bytes at the start of the rest that end a frame begun before
	busy   bool          // flush runs
	ended  bool          // a close frame was taken: nothing may follow it
	fin    bool          // once it has been written, nothing more will be
	slow   bool          // over the limit: nothing more is taken
	failed bool          // the connection failed, or was given up
	idle   chan struct{} // closed when flush ends; nil: nobody waits
}

// write takes p, whole frames, or gives the connection up.
func (o *outlet) write(p []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.put(p, o.limit)
}

// end takes a close frame: the last word, also where the queue is full.
func (o *outlet) end(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.put(frame, o.limit+len(frame))
	o.ended = true
	o.sayFin()
}

func (o *outlet) put(p []byte, limit int) {
	switch {
	case o.ended || o.slow || o.failed:
	case !o.busy:
		n := o.try(p)
		if n == len(p) {
			return
		}
		o.cut = boundary(p, 0, n) - n
		if len(p)-n > limit {
			o.giveUp()
			p = p[:n+o.cut]
		}
		o.rest = append(o.rest, p[n:]...)
		o.busy = true
		go o.flush()
	case len(o.rest)+o.flight+len(p) > limit:
		o.giveUp()
		o.conn.SetWriteDeadline(time.Now()) // wakes flush
	default:
		o.rest = append(o.rest, p...)
	}
}

// giveUp marks a connection as too slow; flush ends it.
func (o *outlet) giveUp() {
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
			o.stop()
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
		if slow = o.slow; !slow {
			o.fail()
		}
		o.mu.Unlock()
		if slow {
			o.endSlow(buf[n:boundary(buf, cut, n)])
		}
		return
	}
}

// endSlow ends the frame that was begun and says why. A client that reads that
// much may answer until the same deadline, then its connection is reset.
func (o *outlet) endSlow(tail []byte) {
	deadline := time.Now().Add(closeGrace)
	o.conn.SetDeadline(deadline) // also ends the read loop
	last := append(tail[:len(tail):len(tail)], closeFrame(tooSlow)...)
	_, err := o.conn.Write(last)
	o.mu.Lock()
	o.fail()
	o.mu.Unlock()
	if err != nil {
		reset(o.conn)
	}
}

var tooSlow = core.CloseReason{
	Code: core.CloseTooSlow,
	Text: "you read too slowly: the queue of this connection is full (Limits.QueueBytes)",
}

// fail ends the outlet for good, under its lock.
func (o *outlet) fail() {
	o.failed, o.rest, o.flight = true, nil, 0
	o.stop()
}

// stop ends flush, under the lock.
func (o *outlet) stop() {
	o.busy = false
	if o.idle != nil {
		close(o.idle)
		o.idle = nil
	}
	o.sayFin()
}

// halfClose tells the client that nothing follows the close frame, now or when
// that has been written: it then closes its side at once.
func (o *outlet) halfClose() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fin = true
	o.sayFin()
}

func (o *outlet) sayFin() {
	if !o.fin || !o.ended || o.busy || o.failed {
		return
	}
	if half, ok := o.conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

// givenUp reports whether the client was too slow.
func (o *outlet) givenUp() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.slow
}

// pending reports whether flush runs.
func (o *outlet) pending() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.busy
}

// settle waits until flush has ended, which a write deadline must bound, and
// reports whether everything was written.
func (o *outlet) settle() bool {
	o.mu.Lock()
	for o.busy {
		if o.idle == nil {
			o.idle = make(chan struct{})
		}
		idle := o.idle
		o.mu.Unlock()
		<-idle
		o.mu.Lock()
	}
	defer o.mu.Unlock()
	return !o.failed
}

// reset closes without waiting for what is unsent, and frees it.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}
