package transport

import (
	"io"
	"net"
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
// through the outlet, so frames never tear.
type conn struct {
	net.Conn
	out      outlet
	ws       *gws.Conn
	session  *node.Session // nil: refused after the upgrade
	protocol wire.Protocol
	frames   frameRate
	maxFrame int
	head     []byte       // came with the handshake, read first
	heard    atomic.Int64 // unix seconds of the last bytes
	closing  atomic.Bool
	warned   bool // of expiry; the wheel's alone
}

func newConn(c net.Conn, queue int, head []byte) *conn {
	cn := &conn{Conn: c, head: head}
	cn.out = outlet{conn: c, limit: queue}
	if sc, ok := c.(*net.TCPConn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			cn.out.raw = raw
		}
	}
	cn.heard.Store(time.Now().Unix())
	return cn
}

// Read is gws' reading.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(p, c.head)
		if c.head = c.head[n:]; len(c.head) == 0 {
			c.head = nil
		}
		return n, nil
	}
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.heard.Store(time.Now().Unix())
	}
	return n, err
}

// Write is gws' writing: its handshake answer, pongs and close frames. gws
// recycles p, and the outlet copies what it keeps. A close frame that gws makes
// for a message over the limit gets our text.
func (c *conn) Write(p []byte) (int, error) {
	if c.ws != nil && isTooLarge(p) {
		c.out.write(closeFrame(tooLarge(0, c.maxFrame)))
		return len(p), nil
	}
	if c.ws == nil {
		return c.Conn.Write(p) // the handshake: nobody else writes yet
	}
	c.out.write(p)
	return len(p), nil
}

// Close is gws' closing, right behind its close frame: what is queued gets a
// moment. The read loop ends the connection for good (finish).
func (c *conn) Close() error {
	c.closing.Store(true)
	if c.ws == nil {
		return c.Conn.Close()
	}
	return c.Conn.SetDeadline(time.Now().Add(closeGrace))
}

// finish ends the connection when its read loop has. A client that still sends
// must be read from, or the reset that answers it would overtake the close
// frame.
func (c *conn) finish(byPeer bool) {
	if !byPeer {
		c.Conn.SetReadDeadline(time.Now().Add(closeGrace))
		io.Copy(io.Discard, io.LimitReader(c.Conn, maxDiscard))
	}
	if c.out.pending() {
		reset(c.Conn)
		return
	}
	c.Conn.Close()
}

// maxDiscard bounds what is read from a client that goes on sending after its
// connection was closed.
const maxDiscard = 64 << 20

// sink is conn as the hub sees it.
type sink struct{ *conn }

var _ hub.Sink = sink{}

// Write hands a batch to the kernel, or to the rest.
func (s sink) Write(b *hub.Batch) { s.out.write(b.WebSocket()) }

// Close sends a close frame behind everything before it.
func (s sink) Close(r core.CloseReason) {
	s.ws.WriteClose(r.Code, []byte(closeText(r.Text)))
}

func isTooLarge(p []byte) bool {
	return len(p) >= 4 && p[0] == 0x88 && p[2] == byte(core.CloseTooLarge>>8) && p[3] == byte(core.CloseTooLarge&0xff)
}
