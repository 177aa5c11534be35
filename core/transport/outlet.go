package transport

import (
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
	"github.com/driplet/driplet/core/metrics"
)

// outlet writes to one connection without ever blocking its caller. What the
// kernel does not take waits here, up to limit bytes, and is written by a
// goroutine that lives only as long as something waits. A connection over its
// limit first loses the messages that their topics allow to be lost (queue);
// when that is not enough it is given up: all that waits is dropped, the close
// frame gets closeGrace, then the connection is reset.
type outlet struct {
	conn    net.Conn
	kernel  kernel
	limit   int
	deflate bool // the client takes compressed frames
	budget  *budget
	metrics *metrics.Transport
	charged atomic.Int64 // bytes that wait, as the budget knows them

	mu       sync.Mutex
	greeting []byte        // the handshake's answer, which goes out with the first frame
	torn     []byte        // the end of a frame whose beginning was written
	queue    *queue        // nil: nothing waits
	flight   int           // bytes that flush is writing
	busy     bool          // flush runs
	ended    bool          // a close frame was taken: nothing may follow it
	fin      bool          // once it has been written, nothing more will be
	slow     bool          // over the limit: nothing more is taken
	failed   bool          // the connection failed, or was given up
	left     bool          // the connection is being closed: its descriptor is not ours any more
	idle     chan struct{} // closed when flush ends; nil: nobody waits
	gaps     gaps
}

// write takes whole frames, in order, or gives the connection up.
func (o *outlet) write(b *hub.Batch) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.put(b, o.limit)
}

// control takes one control frame, whose bytes may be used again.
func (o *outlet) control(frame []byte) { o.write(controlBatch(frame)) }

// end takes a close frame: the last word, also where the queue is full.
func (o *outlet) end(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.put(controlBatch(frame), o.limit+len(frame))
	o.ended = true
	o.sayFin()
}

func controlBatch(frame []byte) *hub.Batch {
	return &hub.Batch{Frames: []*hub.Frame{hub.ControlFrame(slices.Clone(frame))}}
}

func (o *outlet) put(b *hub.Batch, limit int) {
	if o.ended || o.slow || o.failed || o.left {
		return
	}
	if len(o.gaps.topics) > 0 {
		b = o.gaps.pass(b)
	}
	taken := 0
	if !o.busy {
		p := o.joined(b)
		if o.greeting != nil {
			p = append(o.greeting, p...)
		}
		if taken = o.kernel.try(p); taken == len(p) && !o.kernel.pending() {
			o.greeting = nil
			return
		}
	}
	if o.queue == nil {
		o.queue = &queue{gap: o.gapOpener()}
	}
	if g := o.greeting; g != nil {
		b = &hub.Batch{Frames: append([]*hub.Frame{hub.ControlFrame(g)}, b.Frames...)}
		o.greeting = nil
	}
	for _, f := range b.Frames {
		switch w := o.bytes(f); {
		case taken >= len(w):
			taken -= len(w)
		case taken > 0:
			o.torn, taken = w[taken:], 0
		default:
			o.queue.add(waitingFrame{f, w})
		}
	}
	o.fit(limit)
	if !o.busy {
		o.busy = true
		o.budget.waits(o, true)
		go o.flush()
	}
}

func (o *outlet) joined(b *hub.Batch) []byte {
	if o.deflate {
		return b.Deflated()
	}
	return b.WebSocket()
}

func (o *outlet) bytes(f *hub.Frame) []byte {
	if o.deflate {
		return f.Deflated()
	}
	return f.WebSocket()
}

// settleAccount tells the budget what waits now. It reports whether there is
// room for it.
func (o *outlet) settleAccount() bool {
	now := int64(len(o.torn) + o.flight + o.queue.bytes())
	return o.budget.charge(int(now - o.charged.Swap(now)))
}

// fit drops what may be dropped until the rest is within the limit, or gives
// up on the connection; flush then ends it.
func (o *outlet) fit(limit int) {
	over := func() bool { return len(o.torn)+o.flight+o.queue.bytes() > limit }
	for over() && o.queue.makeRoom() {
	}
	if n := o.queue.takeDropped(); n != (dropped{}) {
		o.metrics.Dropped.Oldest.Add(float64(n.oldest))
		o.metrics.Dropped.Replaced.Add(float64(n.replaced))
	}
	if over() || !o.settleAccount() {
		o.drop()
	}
}

// drop lets go of all that waits, under the lock; flush ends the connection.
func (o *outlet) drop() {
	o.slow, o.queue = true, nil
	o.settleAccount()
	o.metrics.TooSlow.Inc()
	o.conn.SetWriteDeadline(time.Now()) // wakes flush
}

// giveUp closes the connection as too slow, if it still has a queue.
func (o *outlet) giveUp() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.busy && !o.slow && !o.failed {
		o.drop()
	}
}

// flushChunk is how much flush writes at once: enough for a write to be worth
// it, little enough that most of a rest can still be dropped.
const flushChunk = 64 << 10

// flush writes the rest, waiting for the kernel as long as it takes.
func (o *outlet) flush() {
	var buf []byte
	var begun []waitingFrame
	for {
		o.mu.Lock()
		torn, slow := o.torn, o.slow
		o.torn = nil
		buf, begun = append(buf[:0], torn...), begun[:0]
		for len(buf) < flushChunk && o.queue.waits() {
			f := o.queue.take()
			buf, begun = append(buf, f.bytes...), append(begun, f)
		}
		o.flight = len(buf)
		o.settleAccount()
		if len(buf) == 0 && !slow && !o.kernel.pending() {
			o.stop()
			o.mu.Unlock()
			return
		}
		o.mu.Unlock()
		if slow {
			o.endSlow(torn)
			return
		}
		n, err := o.kernel.Write(buf)
		if err == nil {
			continue
		}
		o.mu.Lock()
		if slow = o.slow; !slow {
			o.fail()
		}
		o.mu.Unlock()
		if slow {
			o.endSlow(buf[n:frameEnd(n, len(torn), begun)])
		}
		return
	}
}

// frameEnd is where the frame ends that byte n of a written chunk lies in: the
// chunk is the end of a torn frame and then whole frames.
func frameEnd(n, torn int, frames []waitingFrame) int {
	end := torn
	for i := 0; end < n; i++ {
		end += len(frames[i].bytes)
	}
	return end
}

// endSlow ends the frame that was begun and says why. A client that reads that
// much may answer until the same deadline, then its connection is reset.
func (o *outlet) endSlow(tail []byte) {
	deadline := time.Now().Add(closeGrace)
	o.conn.SetDeadline(deadline) // also ends the read loop
	last := append(tail[:len(tail):len(tail)], closeFrame(tooSlow)...)
	_, err := o.kernel.Write(last)
	o.mu.Lock()
	o.fail()
	o.mu.Unlock()
	if err != nil {
		o.leave()
		reset(o.conn)
	}
}

var tooSlow = core.CloseReason{
	Code: core.CloseTooSlow,
	Text: "you read too slowly: the queue of this connection is full (Limits.QueueBytes)",
}

// fail ends the outlet for good, under its lock.
func (o *outlet) fail() {
	o.failed, o.torn, o.queue, o.flight = true, nil, nil, 0
	o.settleAccount()
	o.stop()
}

// stop ends flush, under the lock.
func (o *outlet) stop() {
	o.queue = nil
	o.busy = false
	o.budget.waits(o, false)
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

// leave ends direct writing. It comes before the connection is closed: the
// number of a closed descriptor may be somebody else's the next moment.
func (o *outlet) leave() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left = true
}

// reset closes without waiting for what is unsent, and frees it.
func reset(c net.Conn) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if l, ok := c.(interface{ SetLinger(int) error }); ok {
		l.SetLinger(0)
	}
	c.Close()
}
