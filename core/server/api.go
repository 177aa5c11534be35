package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/node"
	"github.com/driplet/driplet/core/transport"
)

// root answers health checks, and browsers with a page where there is one.
func (s *server) root(c *gin.Context) {
	if s.Page != nil && strings.Contains(c.GetHeader("Accept"), "text/html") {
		s.Page.ServeHTTP(c.Writer, c.Request)
		return
	}
	c.Data(http.StatusOK, jsonType, []byte(`{"status":"ok"}`))
}

func (s *server) ping(c *gin.Context) {
	ep, err := s.Node.Endpoint(c.Param("endpoint"))
	if err != nil {
		fail(c, err)
		return
	}
	c.Data(http.StatusOK, jsonType, []byte(`{"endpoint":`+strconv.Quote(ep.Name)+`,"status":"ok"}`))
}

// message takes one message of a backend.
func (s *server) message(c *gin.Context) {
	if _, err := s.Node.Endpoint(c.Param("endpoint")); err != nil {
		fail(c, err) // before a body is read that nobody wants
		return
	}
	body, err := readBody(c, core.MaxBodyBytes)
	if err != nil {
		fail(c, err)
		discardBody(c)
		return
	}
	r := auth.ReadRequest(c.Request.Method, signedURI(c.Request), c.GetHeader, body)
	receipt, err := s.Node.Message(c.Request.Context(), c.Param("endpoint"), r)
	if err != nil {
		fail(c, err)
		return
	}
	c.Data(http.StatusOK, jsonType, appendReceipt(nil, receipt))
}

// signedURI is path and query as the request line has them, which is what a
// version 2 signature covers; a proxy may have put a host before them
// (RFC 9112, 3.2.2).
func signedURI(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

func appendReceipt(dst []byte, r node.Receipt) []byte {
	dst = append(dst, `{"status":"ok"`...)
	if r.Pos.Epoch != "" {
		dst = append(dst, `,"epoch":`...)
		dst = strconv.AppendQuote(dst, r.Pos.Epoch)
		dst = append(dst, `,"offset":`...)
		dst = strconv.AppendUint(dst, r.Pos.Offset, 10)
	}
	if r.Duplicate {
		dst = append(dst, `,"duplicate":true`...)
	}
	return append(dst, '}')
}

// readBody reads a whole body of at most limit bytes within bodyTime. A longer
// one that says so is refused unread. Memory grows with what comes, not
// with what is announced: nothing is signed yet.
func readBody(c *gin.Context, limit int64) ([]byte, error) {
	announced := c.Request.ContentLength
	if announced > limit {
		return nil, tooLarge(fmt.Sprintf("has %d bytes, which is", announced), limit)
	}
	// Only the deadline's absence is possible as an error: then there is none.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(bodyTime))
	var body bytes.Buffer
	body.Grow(int(min(max(announced, 0), firstRead)) + bytes.MinRead)
	n, err := body.ReadFrom(http.MaxBytesReader(c.Writer, c.Request.Body, limit))
	var over *http.MaxBytesError
	switch {
	case err == nil:
		return body.Bytes(), nil
	case errors.As(err, &over):
		return nil, tooLarge("is", limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, core.Errorf(core.CodeTimeout, "the body did not come whole within %s: only %d bytes of it", bodyTime, n)
	}
	return nil, core.Errorf(core.CodeBadRequest, "the body ended early, after %d bytes", n)
}

func tooLarge(how string, limit int64) error {
	return core.Errorf(core.CodeTooLarge, "the body %s over the limit of %d bytes: send less at once, or a link to it", how, limit)
}

// discardBody reads on for a little after a refusal has been sent. Many clients
// read the answer only when they have sent all, and were the connection closed
// on them before, its reset would overtake the answer.
func discardBody(c *gin.Context) {
	if c.Request.Header.Get("Expect") != "" {
		return // waits to be told before it sends
	}
	c.Writer.Flush()
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(discardTime))
	_, _ = io.CopyN(io.Discard, c.Request.Body, discardBytes)
}

// discardBytes and discardTime bound what is read for courtesy alone.
const (
	discardBytes = 4 * core.MaxBodyBytes
	discardTime  = 5 * time.Second
)

// bodyTime is how long a body may take: the largest at 35 KB a second.
const bodyTime = 30 * time.Second

// firstRead is the memory that a body gets before any of it has come.
const firstRead = 16 << 10

func (s *server) webSocket(c *gin.Context) {
	err := s.WebSockets.Accept(c.Writer, c.Request, c.Param("endpoint"), s.addresses.of(c.Request))
	switch {
	case err == nil:
	case errors.Is(err, transport.ErrUpgradeRequired), errors.Is(err, transport.ErrVersion):
		c.Header("Upgrade", "websocket")
		c.Header("Connection", "Upgrade")
		c.Header("Sec-WebSocket-Version", transport.SpokenVersion)
		failWith(c, http.StatusUpgradeRequired, core.AsError(err))
	default:
		fail(c, err)
	}
}

func (s *server) metrics(c *gin.Context) {
	if !s.MetricsForAll && !s.addresses.isLoopback(c.Request) {
		fail(c, core.Errorf(core.CodeForbidden, "metrics are served to loopback addresses only (Global.Metrics)"))
		return
	}
	s.Metrics.ServeHTTP(c.Writer, c.Request)
}
