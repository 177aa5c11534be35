package server

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/node"
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
	body, err := readBody(c)
	if err != nil {
		fail(c, err)
		return
	}
	r := auth.ReadRequest(c.Request.Method, c.Request.RequestURI, c.GetHeader, body)
	receipt, err := s.Node.Message(c.Request.Context(), c.Param("endpoint"), r)
	if err != nil {
		fail(c, err)
		return
	}
	c.Data(http.StatusOK, jsonType, appendReceipt(nil, receipt))
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

// readBody reads a whole body of at most core.MaxBodyBytes. A longer one that
// says so is refused unread.
func readBody(c *gin.Context) ([]byte, error) {
	tooLarge := core.Errorf(core.CodeTooLarge, "the body is over the limit of %d bytes: send less at once, or a link to it", core.MaxBodyBytes)
	if c.Request.ContentLength > core.MaxBodyBytes {
		return nil, tooLarge
	}
	limited := http.MaxBytesReader(c.Writer, c.Request.Body, core.MaxBodyBytes)
	if n := c.Request.ContentLength; n > 0 {
		body := make([]byte, n)
		_, err := io.ReadFull(limited, body)
		return body, readError(err, tooLarge)
	}
	body, err := io.ReadAll(limited)
	return body, readError(err, tooLarge)
}

func readError(err error, tooLarge *core.Error) error {
	var over *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &over):
		return tooLarge
	}
	return core.Errorf(core.CodeBadRequest, "the body ended early: %v", err)
}

func (s *server) webSocket(c *gin.Context) {
	err := s.WebSockets.Accept(c.Writer, c.Request, c.Param("endpoint"), s.addresses.of(c.Request))
	if err == nil {
		return
	}
	e := core.AsError(err)
	if c.GetHeader("Upgrade") == "" && e.Code == core.CodeBadRequest {
		c.Header("Upgrade", "websocket")
		c.Header("Connection", "Upgrade")
		failWith(c, http.StatusUpgradeRequired, e)
		return
	}
	fail(c, e)
}

func (s *server) metrics(c *gin.Context) {
	if !s.MetricsForAll && !isLoopback(c.Request) {
		fail(c, core.Errorf(core.CodeForbidden, "metrics are served to loopback addresses only (Global.Metrics)"))
		return
	}
	s.Metrics.ServeHTTP(c.Writer, c.Request)
}
