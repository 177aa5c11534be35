package server

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/wire"
)

const jsonType = "application/json; charset=utf-8"

// fail answers with an error.
func fail(c *gin.Context, err error) {
	e := core.AsError(err)
	failWith(c, wire.Status(e.Code), e)
}

func failWith(c *gin.Context, status int, e *core.Error) {
	body := wire.AppendHTTPError(nil, e)
	c.Header("Content-Length", strconv.Itoa(len(body))) // also where more is read before the handler ends
	c.Data(status, jsonType, body)
	c.Abort()
}

func notFound(c *gin.Context) {
	failWith(c, http.StatusNotFound, core.Errorf(core.CodeNotFound, "there is nothing at %.200s", c.Request.URL.Path))
}

// notAllowed answers a method that a path does not have. OPTIONS asks for just
// that list (RFC 9110, 9.3.7).
func notAllowed(c *gin.Context) {
	if c.Request.Method == http.MethodOptions {
		c.Status(http.StatusNoContent)
		c.Writer.WriteHeaderNow()
		c.Abort()
		return
	}
	failWith(c, http.StatusMethodNotAllowed, core.Errorf(core.CodeBadRequest, "%.200s does not take %.10s: it takes %s", c.Request.URL.Path, c.Request.Method, c.Writer.Header().Get("Allow")))
}

// recovered answers a request whose handling panicked, and reports it.
func recovered(warn func(string)) gin.RecoveryFunc {
	return func(c *gin.Context, fault any) {
		if warn != nil {
			warn(fmt.Sprintf("a panic while answering %s %s: %v\n%s", c.Request.Method, c.Request.URL.Path, fault, debug.Stack()))
		}
		fail(c, fmt.Errorf("panic: %v", fault))
	}
}
