package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/lxzan/gws"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/wire"
)

// shake connects and upgrades; nothing of the connection is read yet.
func (d Dialer) shake(ctx context.Context, address, token string) (*Conn, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
		return nil, core.Errorf(core.CodeBadRequest, "%q is not the URL of a WebSocket, such as ws://127.0.0.1:4719/ws/default", address)
	}
	nc, err := d.connect(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("no connection to %s: %w. %s", u.Host, err, Advice(err))
	}
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	s := &socket{Conn: nc}
	c := &Conn{dialer: d, socket: s, done: make(chan struct{}), heard: time.Now()}
	ws, res, err := gws.NewClientFromConn(gws.BuiltinEventHandler{}, &gws.ClientOption{
		Addr:             address,
		RequestHeader:    http.Header{"Sec-Websocket-Protocol": {wire.Subprotocol + ", " + wire.BearerPrefix + token}},
		ReadBufferSize:   handshakeBuffer,
		ParallelGolimit:  1,
		HandshakeTimeout: dialTimeout,
		NewSession:       func() gws.SessionStorage { return nil },
	}, s)
	if err != nil {
		err = d.explain(address, res, err)
		stop()
		nc.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	if !stop() {
		return nil, ctx.Err()
	}
	c.ws = ws
	c.in = newInput(nc, s.head)
	s.head = nil
	return c, nil
}

// handshakeBuffer is small because gws keeps it as long as the connection.
const handshakeBuffer = 256

func (d Dialer) connect(ctx context.Context, u *url.URL) (net.Conn, error) {
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = map[string]string{"ws": "80", "wss": "443"}[u.Scheme]
	}
	nc, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil || u.Scheme == "ws" {
		return nc, err
	}
	config := &tls.Config{}
	if d.TLS != nil {
		config = d.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	config.NextProtos = nil // a WebSocket is HTTP/1.1's
	secure := tls.Client(nc, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, err
	}
	return secure, nil
}

// maxRefusal bounds the body of an answer that is no upgrade.
const maxRefusal = 16 << 10

// explain reads what the server says where it did not upgrade.
func (d Dialer) explain(address string, res *http.Response, err error) error {
	switch {
	case res == nil:
		return fmt.Errorf("%s did not answer the handshake: %w", address, err)
	case res.StatusCode == http.StatusSwitchingProtocols && errors.Is(err, gws.ErrSubprotocolNegotiation):
		return core.Errorf(core.CodeBadRequest, "%s speaks WebSocket but not %s: is it a Driplet server, and of this version?", address, wire.Subprotocol)
	case res.StatusCode == http.StatusSwitchingProtocols:
		return fmt.Errorf("%s broke the handshake: %w", address, err)
	}
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal))
	var body struct{ Error *refusal }
	if json.Unmarshal(text, &body) == nil && body.Error != nil && body.Error.Message != "" {
		return body.Error.coded()
	}
	return core.Errorf(core.CodeNotFound, "%s answered %s: is it the WebSocket of an endpoint, such as ws://127.0.0.1:4719/ws/default?", address, res.Status)
}

// socket is the connection as gws sees it. gws' reader is buffered and cannot
// be given back: so it gets the handshake's lines and no byte behind them.
type socket struct {
	net.Conn
	matched int    // of headerEnd
	head    []byte // came with the handshake, behind its end
}

var headerEnd = []byte("\r\n\r\n")

// Read gives gws the handshake; then, to who reads a refusal, its body.
func (s *socket) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	n, err := s.Conn.Read(p)
	if s.matched == len(headerEnd) {
		return n, err
	}
	for i, b := range p[:n] {
		switch {
		case s.matched == len(headerEnd):
			s.head = bytes.Clone(p[i:n])
			return i, nil
		case b == headerEnd[s.matched]:
			s.matched++
		case b == headerEnd[0]:
			s.matched = 1
		default:
			s.matched = 0
		}
	}
	return n, err
}

// Close keeps gws from closing before the server's close frame has come, and
// before a refusal is read: Conn closes.
func (s *socket) Close() error { return nil }
