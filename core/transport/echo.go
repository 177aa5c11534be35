//go:build echo

package transport

import (
	"net/http"

	"github.com/lxzan/gws"

	"github.com/driplet/driplet/core"
)

// echoing lets a suite of WebSocket conformance (such as Autobahn's) try this
// transport from outside: built with -tags echo, the server answers at /ws/echo
// every message with itself. Never in a release: it asks for no token.
const echoing = true

// acceptEcho takes anybody in.
func (t *WebSockets) acceptEcho(w http.ResponseWriter, r *http.Request) error {
	if err := checkHandshake(r); err != nil {
		return err
	}
	if err := t.enter(); err != nil {
		return err
	}
	limits := core.DefaultLimits
	limits.FrameBytes, limits.QueueBytes = 32<<20, 256<<20
	h := readHandshake(r)
	h.version = 1 // no frame greets
	c, err := t.upgrade(w, r, h, &core.Endpoint{Limits: limits, Compress: true})
	if err != nil {
		t.exit()
		return nil // gws has answered
	}
	go func() {
		defer t.exit()
		t.serve(c)
	}()
	return nil
}

// echo answers a message with itself.
func echo(ws *gws.Conn, m *gws.Message) { ws.WriteMessage(m.Opcode, m.Bytes()) }
