package transport

import (
	"encoding/base64"
	"net/http"
	"net/url"
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
	h := handshake{version: 1, deflate: offersDeflate(r.Header[headerExtensions])}
	if r.URL.RawQuery != "" {
		h.token = parameter(r.URL.RawQuery, "token")
		if parameter(r.URL.RawQuery, wire.VersionQuery) == wire.Version2 {
			h.version = 2
		}
	}
	for _, line := range r.Header[headerProtocol] {
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

// parameter is the first value of a query's parameter, as url.ParseQuery reads
// it, without a map of all.
func parameter(query, name string) string {
	for p := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(p, "=")
		key, err := url.QueryUnescape(key)
		if err != nil || key != name || strings.Contains(p, ";") {
			continue
		}
		if value, err = url.QueryUnescape(value); err == nil {
			return value
		}
	}
	return ""
}

// What WebSockets bring, as net/http spells it: http.Header would spell any
// other way anew each time.
const (
	headerKey        = "Sec-Websocket-Key"
	headerVersion    = "Sec-Websocket-Version"
	headerProtocol   = "Sec-Websocket-Protocol"
	headerExtensions = "Sec-Websocket-Extensions"
)

// ErrUpgradeRequired answers a request that is no WebSocket handshake; over
// HTTP it is 426 (RFC 9110, 15.5.22).
var ErrUpgradeRequired = core.Errorf(core.CodeBadRequest, `this address speaks WebSocket and the request has no "Upgrade: websocket" header. `+
	`When a browser's WebSocket ends here, a proxy on the way has dropped the header; in nginx, add: `+
	`proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";`)

// ErrVersion answers a client of another WebSocket version; over HTTP it is 426
// with a header Sec-WebSocket-Version that has SpokenVersion (RFC 6455, 4.2.2).
var ErrVersion = core.Errorf(core.CodeBadRequest, "Sec-WebSocket-Version must be %s", SpokenVersion)

// SpokenVersion is the WebSocket version that is spoken here, that of RFC 6455.
const SpokenVersion = "13"

// checkHandshake judges what RFC 6455, 4.2.1 asks of a client.
func checkHandshake(r *http.Request) error {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return ErrUpgradeRequired
	}
	if !hasWord(r.Header.Values("Connection"), "upgrade") {
		return core.Errorf(core.CodeBadRequest, `the header "Connection: Upgrade" is missing: has a proxy on the way dropped it?`)
	}
	if r.Header.Get(headerVersion) != SpokenVersion {
		return ErrVersion
	}
	if !isKey(r.Header.Get(headerKey)) {
		return core.Errorf(core.CodeBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64")
	}
	return nil
}

// isKey tells 16 bytes in base64.
func isKey(text string) bool {
	var key [18]byte // of 24 characters
	if len(text) != base64.StdEncoding.EncodedLen(16) {
		return false
	}
	n, err := base64.StdEncoding.Decode(key[:], []byte(text))
	return err == nil && n == 16
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
