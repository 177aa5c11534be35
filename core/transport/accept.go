package transport

import (
	"bufio"
	"net/http"
	"slices"
	"strings"

	"github.com/lxzan/gws"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
	"github.com/driplet/driplet/core/node"
	"github.com/driplet/driplet/core/wire"
)

// errStopping answers who comes while the server stops.
var errStopping = core.Errorf(core.CodeUnavailable, "the server is stopping: come back in a moment")

// Accept serves one handshake to its end. Errors are for the HTTP answer;
// after them w is untouched. Version 2 clients are told over the WebSocket
// instead, because a browser does not show why a handshake failed. address
// stands for the client in per-address limits; "" leaves them off.
func (t *WebSockets) Accept(w http.ResponseWriter, r *http.Request, endpoint, address string) error {
	if echoing && endpoint == "echo" {
		return t.acceptEcho(w, r)
	}
	h := readHandshake(r)
	ep, err := t.node.Endpoint(endpoint)
	if err != nil && h.version == 1 {
		return err
	}
	if fault := checkHandshake(r); fault != nil {
		if err != nil {
			return err
		}
		return fault
	}
	if err := t.enter(); err != nil {
		t.tellFull(err)
		return err
	}
	served := false
	defer func() {
		if !served {
			t.exit()
		}
	}()
	if err == nil {
		err = checkOrigin(ep, r.Header.Get("Origin"))
	}
	var admitted *node.Admission
	if err == nil {
		admitted, err = t.node.Connect(r.Context(), node.Connection{
			Endpoint: endpoint, Token: h.token, Address: address, Version1: h.version == 1, Ping: int(t.ping),
		})
	}
	if err != nil && h.version == 1 {
		return err
	}
	c, upgradeErr := t.upgrade(w, r, h, ep)
	switch {
	case upgradeErr != nil && admitted != nil:
		admitted.Cancel()
		return nil // gws has answered, or nobody is there
	case upgradeErr != nil:
		return nil
	case err != nil:
		t.refuse(c, core.AsError(err))
	default:
		c.session = admitted.Session() // the drain may look for it as soon as it is open
		if h.version == 2 {
			c.out.gaps.told = c
		}
		admitted.Open(sink{c}, c.protocol)
		if t.leaving() {
			t.node.Close(c.session, core.CloseGoingAway, errStopping.Message)
		}
		t.begin(c)
	}
	served = true
	if len(c.head) == 0 && c.mayRest() {
		go t.rest(c)
	} else {
		go t.serve(c)
	}
	return nil
}

// refuse tells a version 2 client why it may not come in.
func (t *WebSockets) refuse(c *conn, e *core.Error) {
	if f := hub.NewFrame(c.protocol, core.Failure{Err: e}); f != nil {
		c.out.write(&hub.Batch{Frames: []*hub.Frame{f}})
	}
	c.end(core.CloseReason{Code: refusalCode(e), Text: e.Message})
}

func refusalCode(e *core.Error) uint16 {
	switch {
	case e == errOrigin:
		return core.CloseOrigin
	case e.Code == core.CodeNotFound:
		return core.CloseNotFound
	case e.Retry:
		return core.CloseRateLimited
	}
	return core.CloseUnauthorized
}

var errOrigin = core.Errorf(core.CodeForbidden, "pages of this origin may not connect (AllowedOrigins)")

// checkOrigin keeps foreign pages out. Clients that are no browsers send none.
func checkOrigin(ep *core.Endpoint, origin string) error {
	if origin == "" || len(ep.AllowedOrigins) == 0 {
		return nil
	}
	for _, allowed := range ep.AllowedOrigins {
		if allowed == "*" || strings.EqualFold(strings.TrimSuffix(allowed, "/"), origin) {
			return nil
		}
	}
	return errOrigin
}

// upgraderKey tells the handshakes apart that gws needs different options for.
type upgraderKey struct {
	maxFrame int
	v2       bool
	deflate  bool
}

// upgrade turns the request into a WebSocket. From here on the request, its
// buffers and its goroutine are free.
func (t *WebSockets) upgrade(w http.ResponseWriter, r *http.Request, h handshake, ep *core.Endpoint) (*conn, error) {
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	limits := core.DefaultLimits
	if ep != nil {
		limits = ep.Limits
	}
	head, _ := buffered.Reader.Peek(buffered.Reader.Buffered())
	head = slices.Clone(head)
	if b, ok := nc.(*begun); ok {
		nc, head = b.TCPConn, append(head, b.head...)
	}
	c := newConn(t, nc, limits, head)
	c.protocol, c.greets = h.protocol(ep), h.version == 2
	if h.subprotocol {
		r.Header.Set(headerProtocol, wire.Subprotocol) // gws reads one line alone
	}
	c.out.deflate = ep != nil && ep.Compress && h.deflate
	c.guard.deflate = c.out.deflate
	ws, err := t.upgrader(upgraderKey{limits.FrameBytes, h.subprotocol, c.out.deflate}).UpgradeFromConn(c, bufio.NewReaderSize(c, readBuffer), r)
	if err != nil {
		return nil, err
	}
	c.ws = ws
	return c, nil
}

// readBuffer is small because every idle connection holds one; most frames of
// clients fit, and longer ones take one read more.
const readBuffer = 256

func (t *WebSockets) upgrader(k upgraderKey) *gws.Upgrader {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.upgraders[k]
	if u == nil {
		o := &gws.ServerOption{
			ReadMaxPayloadSize: k.maxFrame,
			ReadBufferSize:     readBuffer,
			ParallelGolimit:    1,
			CheckUtf8Enabled:   true,
			Recovery:           t.recovered,
			NewSession:         func() gws.SessionStorage { return nil },
		}
		// Without context takeover: a compressed frame is the same for all, and
		// an idle connection keeps no window. gws bounds what is inflated.
		o.PermessageDeflate.Enabled = k.deflate
		if k.v2 {
			o.SubProtocols = []string{wire.Subprotocol}
		}
		u = gws.NewUpgrader(events{t: t}, o)
		t.upgraders[k] = u
	}
	return u
}
