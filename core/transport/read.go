package transport

import (
	"runtime/debug"

	"github.com/lxzan/gws"

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
	if echoing && c.session == nil {
		echo(ws, m)
	}
	if c.closing.Load() || c.session == nil {
		return
	}
	e.t.metrics.Received.Inc()
	cmd, err := c.protocol.Decode(m.Bytes())
	if err != nil {
		e.t.node.Refuse(c.session, cmd.ID, err)
		return
	}
	e.t.node.Handle(e.t.ctx, c.session, &cmd)
	if cmd.Kind == core.CommandRefresh {
		e.t.wheel.add(c, e.t.clock()+1) // the token may end sooner than the next visit
	}
}

// OnPing answers.
func (e events) OnPing(ws *gws.Conn, payload []byte) {
	if !ws.NetConn().(*conn).closing.Load() {
		ws.WritePong(payload)
	}
}

// serve reads from a connection until it may rest, or ends.
func (t *WebSockets) serve(c *conn) {
	defer t.leave(c)
	deepen()
	c.ws.ReadLoop()
}

// leave is deferred where the read loop is left, and ends the connection here.
func (t *WebSockets) leave(c *conn) {
	if c.resting {
		c.resting = false
		go t.rest(c)
		return
	}
	defer t.exit()
	t.report(recover())
	c.closing.Store(true)
	if c.session != nil {
		t.node.Leave(c.session)
	}
	c.finish()
}

// recovered keeps a fault in handling one frame from ending the connection.
func (t *WebSockets) recovered(gws.Logger) { t.report(recover()) }

func (t *WebSockets) report(fault any) {
	if fault != nil {
		t.log.Error("a panic while handling a client's frame", "panic", fault, "stack", string(debug.Stack()))
	}
}
