package transport

import (
	"net/http"
	"strings"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/wire"
)

// handshake is what a request asks for, before anything of it is checked.
type handshake struct {
	version     int
	token       string
	subprotocol bool // version 2 was asked for as a subprotocol
	upgrade     bool
}

// readHandshake reads version and token: from the subprotocols
// "driplet.v2, bearer.<JWT>", or the query ?v=2&token=<JWT>, or a header
// Authorization: Bearer <JWT> of a client that can send one.
func readHandshake(r *http.Request) handshake {
	h := handshake{version: 1, upgrade: strings.EqualFold(r.Header.Get("Upgrade"), "websocket")}
	q := r.URL.Query()
	h.token = q.Get("token")
	if q.Get(wire.VersionQuery) == wire.Version2 {
		h.version = 2
	}
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for _, p := range strings.Split(line, ",") {
			p = strings.TrimSpace(p)
			if p == wire.Subprotocol {
				h.version, h.subprotocol = 2, true
			} else if token, ok := strings.CutPrefix(p, wire.BearerPrefix); ok && h.token == "" {
				h.token = token
			}
		}
	}
	if h.token == "" {
		h.token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	return h
}

// protocol chooses the dialect; ep may be nil for a refusal.
func (h handshake) protocol(ep *core.Endpoint) wire.Protocol {
	switch {
	case h.version == 2:
		return wire.V2
	case ep != nil && ep.EchoTarget:
		return wire.V1Echo
	}
	return wire.V1
}
