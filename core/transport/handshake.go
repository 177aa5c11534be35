package transport

import (
	"encoding/base64"
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
	deflate     bool // an offer of compression that can be taken
}

// readHandshake reads version and token: from the subprotocols
// "driplet.v2, bearer.<JWT>", or the query ?v=2&token=<JWT>, or a header
// Authorization: Bearer <JWT> of a client that can send one.
func readHandshake(r *http.Request) handshake {
	h := handshake{version: 1, deflate: offersDeflate(r.Header.Values("Sec-WebSocket-Extensions"))}
	if r.URL.RawQuery != "" {
		q := r.URL.Query()
		h.token = q.Get("token")
		if q.Get(wire.VersionQuery) == wire.Version2 {
			h.version = 2
		}
	}
	for _, line := range r.Header.Values(headerProtocol) {
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
		if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
			h.token = strings.TrimSpace(token)
		}
	}
	return h
}

const headerProtocol = "Sec-WebSocket-Protocol"

// ErrUpgradeRequired answers a request that is no WebSocket handshake; over
// HTTP it is 426 (RFC 9110, 15.5.22).
var ErrUpgradeRequired = core.Errorf(core.CodeBadRequest, `this address speaks WebSocket and the request has no "Upgrade: websocket" header. `+
	`When a browser's WebSocket ends here, a proxy on the way has dropped the header; in nginx, add: `+
	`proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";`)

// checkHandshake judges what RFC 6455, 4.2.1 asks of a client.
func checkHandshake(r *http.Request) error {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return ErrUpgradeRequired
	}
	if !hasWord(r.Header.Values("Connection"), "upgrade") {
		return core.Errorf(core.CodeBadRequest, `the header "Connection: Upgrade" is missing: has a proxy on the way dropped it?`)
	}
	if v := r.Header.Get("Sec-WebSocket-Version"); v != "13" {
		return core.Errorf(core.CodeBadRequest, "Sec-WebSocket-Version is %.20q: it must be 13", v)
	}
	if key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key")); err != nil || len(key) != 16 {
		return core.Errorf(core.CodeBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64")
	}
	return nil
}

// hasWord finds a word in a header's comma-separated lists.
func hasWord(lines []string, word string) bool {
	for _, line := range lines {
		for w := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(w), word) {
				return true
			}
		}
	}
	return false
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
