package transport

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/lxzan/gws"
	"golang.org/x/time/rate"

	"github.com/driplet/driplet/core"
)

// events is what gws tells about a connection, in its read loop.
type events struct {
	gws.BuiltinEventHandler
	t *WebSockets
}

// OnMessage decodes one frame and does what it asks.
func (e events) OnMessage(ws *gws.Conn, m *gws.Message) {
	defer m.Close()
	c := ws.NetConn().(*conn)
	if c.closing.Load() || c.session == nil {
		return
	}
	e.t.metrics.Received.Inc()
	n := e.t.node
	if size := m.Data.Len(); size > c.maxFrame {
		r := tooLarge(size, c.maxFrame)
		n.Close(c.session, r.Code, r.Text)
		return
	}
	if !c.frames.allow(c.session.FrameRate()) {
		n.Close(c.session, core.CloseRateLimited, "too many frames a second: slow down")
		return
	}
	cmd, err := c.protocol.Decode(m.Bytes())
	if err != nil {
		n.Refuse(c.session, cmd.ID, err)
		return
	}
	n.Handle(e.t.ctx, c.session, cmd)
}

// OnPing answers, at the client's rate of frames.
func (e events) OnPing(ws *gws.Conn, payload []byte) {
	c := ws.NetConn().(*conn)
	if c.session == nil || c.closing.Load() {
		return
	}
	if !c.frames.allow(c.session.FrameRate()) {
		e.t.node.Close(c.session, core.CloseRateLimited, "too many pings a second: slow down")
		return
	}
	ws.WritePong(payload)
}

// OnClose runs when the read loop ends, for whatever reason.
func (e events) OnClose(ws *gws.Conn, err error) {
	c := ws.NetConn().(*conn)
	c.closing.Store(true)
	if c.session != nil {
		e.t.node.Leave(c.session)
	}
	var byPeer *gws.CloseError
	c.finish(errors.As(err, &byPeer))
}

// recovered keeps a fault in handling one frame from ending the process.
func (t *WebSockets) recovered(gws.Logger) {
	if r := recover(); r != nil {
		t.log.Error("a panic while handling a frame", "panic", r, "stack", string(debug.Stack()))
	}
}

func tooLarge(size, limit int) core.CloseReason {
	text := fmt.Sprintf("frame is over the limit of %s bytes (Limits.FrameBytes)", thousands(limit))
	if size > 0 {
		text = fmt.Sprintf("frame is %s bytes, limit %s (Limits.FrameBytes)", thousands(size), thousands(limit))
	}
	return core.CloseReason{Code: core.CloseTooLarge, Text: text}
}

// thousands writes 81204 as 81,204.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// frameRate bounds the frames of one connection, whatever they ask. Nil until
// the first frame: most clients only listen.
type frameRate struct{ limiter *rate.Limiter }

func (f *frameRate) allow(perSecond float64, burst int) bool {
	if perSecond <= 0 {
		return true
	}
	if f.limiter == nil {
		f.limiter = rate.NewLimiter(rate.Limit(perSecond), burst)
	}
	return f.limiter.Allow()
}
