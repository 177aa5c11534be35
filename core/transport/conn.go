package transport

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/lxzan/gws"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
	"github.com/driplet/driplet/core/node"
	"github.com/driplet/driplet/core/wire"
)

// conn is one WebSocket connection: the net.Conn that gws reads from and
// writes control frames to, and the hub's Sink for everything else. Both write
// through the outlet, so frames never tear, and one close frame is the last.
type conn struct {
	net.Conn
	t        *WebSockets
	out      outlet
	ws       *gws.Conn
	session  *node.Session // nil: refused after the upgrade
	protocol wire.Protocol
	greets   bool         // a frame follows the handshake at once: they are written together
	heard    atomic.Int64 // the transport's clock at the last bytes
	closing  atomic.Bool  // nothing that the client asks is done any more

	// What follows is the read loop's alone.
	head        []byte // came with the handshake, or while it rested: read first
	guard       guard
	inflow      inflow
	fault       *core.CloseReason // of the frame that comes next
	heardLately uint8             // readings soon after another
	resting     bool              // the loop was left to rest
	ended       bool              // reading has failed, and will again

	due int64 // when the wheel visits; under its lock; 0: it does not

	// What follows is the wheel's visits' alone.
	pingAt int64
	warnOf int64 // the end of its token that a warning is about, in unix seconds
	warnIn uint8 // so many seconds before it; 0: it was given
}

func newConn(t *WebSockets, c net.Conn, l core.Limits, head []byte) *conn {
	cn := &conn{t: t, Conn: c, head: head, guard: guard{limit: l.FrameBytes}}
	cn.out = outlet{conn: c, kernel: kernelOf(c), limit: l.QueueBytes, budget: &t.budget, metrics: t.metrics}
	cn.heard.Store(t.clock())
	return cn
}

// errFault ends gws' reading; what to say of it is in conn.fault.
var errFault = errors.New("a frame was refused")

// Read is gws' reading. Frames before a faulty one are handed on first.
func (c *conn) Read(p []byte) (int, error) {
	if c.fault != nil {
		c.end(*c.fault)
		return 0, errFault
	}
	n, err := c.read(p)
	if n == 0 {
		return n, err
	}
	frames, good, fault := c.guard.scan(p[:n])
	c.fault = fault
	if c.session != nil && fault == nil {
		c.fault = c.inflow.admit(c.session, frames, c.guard.takeLarge())
	}
	if good == 0 {
		c.end(*c.fault)
		return 0, errFault
	}
	return good, err
}

func (c *conn) read(p []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(p, c.head)
		if c.head = c.head[n:]; len(c.head) == 0 {
			c.head = nil
		}
		return n, nil
	}
	if c.mayRest() {
		c.pause()
	}
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.hear()
	}
	return n, err
}

// switching begins the answer to a good handshake (RFC 6455, 4.2.2).
var switching = []byte("HTTP/1.1 101 ")

// Write is gws' writing: its handshake answer, pongs and close frames. gws
// recycles p, and the outlet copies what it keeps.
func (c *conn) Write(p []byte) (int, error) {
	switch {
	case c.ws == nil && c.greets && bytes.HasPrefix(p, switching):
		c.out.greeting = append(make([]byte, 0, greetingBytes), p...)
	case c.ws == nil:
		return c.Conn.Write(p) // the handshake: nobody else writes yet
	case p[0] != opClose:
		c.out.control(p)
	default:
		c.closeFrame(p)
	}
	return len(p), nil
}

// greetingBytes is room for a handshake's answer and the welcome behind it.
const greetingBytes = 512

// SetDeadline is gws' around its handshake answer, which does not wait where
// it goes out with the first frame.
func (c *conn) SetDeadline(at time.Time) error {
	if c.ws == nil && c.greets {
		return nil
	}
	return c.Conn.SetDeadline(at)
}

// closeFrame passes on gws' answer to the client's close frame. For faults
// that gws finds it says what they are in words of our own; and where reading
// failed, nobody is there to be told.
func (c *conn) closeFrame(p []byte) {
	code := closeNormal
	if len(p) >= 4 {
		code = uint16(p[2])<<8 | uint16(p[3])
	}
	switch {
	case c.closing.Load():
	case code == closeNotUTF8:
		c.end(core.CloseReason{Code: code, Text: "a text frame must be UTF-8"})
	case code == closeInflate && c.out.deflate:
		c.end(core.CloseReason{Code: core.CloseTooLarge, Text: fmt.Sprintf(
			"a compressed message is broken, or over %s bytes when inflated (Limits.FrameBytes)", thousands(uint64(c.guard.limit)))})
	case code == closeBroken:
		c.end(*broken("the frames come in no valid order, or with bits and codes that mean nothing"))
	case len(p) > 4:
	default:
		c.out.end(p)
	}
}

// end closes the connection for a fault of its client, behind the answers to
// what it asked before.
func (c *conn) end(r core.CloseReason) {
	if c.closing.Swap(true) {
		return
	}
	if c.session == nil {
		sink{c}.Close(r)
		return
	}
	c.t.node.Close(c.session, r.Code, r.Text)
}

// Close is gws' closing, right behind its close frame. The read loop ends then,
// and with it the connection (finish).
func (c *conn) Close() error {
	if c.ws == nil {
		return c.Conn.Close()
	}
	return nil
}

// finish ends the connection when its read loop has. A client that still sends
// must be read from: were the connection just closed, the reset that answers
// its bytes would overtake the close frame and what is queued before it.
func (c *conn) finish() {
	c.out.halfClose()
	buf, left := make([]byte, 4<<10), lingerBytes
	for end := time.Now().Add(lingerTime); left > 0 && time.Now().Before(end); {
		if c.out.givenUp() {
			break // endSlow has set the deadline
		}
		c.Conn.SetReadDeadline(time.Now().Add(closeGrace))
		n, err := c.Conn.Read(buf)
		left -= n
		if err != nil && !(errors.Is(err, os.ErrDeadlineExceeded) && c.out.pending()) {
			break
		}
	}
	if c.out.pending() {
		c.Conn.SetWriteDeadline(time.Now().Add(closeGrace))
	}
	written := c.out.settle()
	c.out.leave()
	if !written {
		reset(c.Conn)
		return
	}
	c.Conn.Close()
}

// A client that goes on sending after its connection was closed is listened to
// for so long and so much.
const (
	lingerTime  = 10 * time.Second
	lingerBytes = 64 << 20
)

// gap notes that the client did not get all of a topic that keeps history.
func (c *conn) gap(topic string) { c.t.node.Gap(c.session, topic) }

// sink is conn as the hub sees it.
type sink struct{ *conn }

var _ hub.Sink = sink{}

// Write hands a batch to the kernel, or to the rest.
func (s sink) Write(b *hub.Batch) { s.out.write(b) }

// Close sends a close frame behind everything before it. The client has a
// moment to read that and to answer.
func (s sink) Close(r core.CloseReason) {
	s.closing.Store(true)
	s.out.end(closeFrame(r))
	now, patience := time.Now(), closeGrace
	if r.Code == core.CloseGoingAway {
		patience = shutdownGrace
	}
	s.Conn.SetWriteDeadline(now.Add(patience))
	s.Conn.SetReadDeadline(now.Add(closeGrace))
}
