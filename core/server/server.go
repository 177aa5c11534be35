// Package server is the HTTP side: the backend's API, the way in for
// WebSockets, metrics, and whatever pages the binary brings. It translates
// between HTTP and node and decides nothing. New has the routes; those of
// NewAdmin are for operators, on a listener of their own (ADMIN.md).
package server

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/driplet/driplet/core/node"
)

// WebSockets accepts a handshake to its end; an error is for the HTTP answer.
// address is "" where it is not known whom it stands for.
type WebSockets interface {
	Accept(w http.ResponseWriter, r *http.Request, endpoint, address string) error
}

// Options say what is served beside the API.
type Options struct {
	Node           *node.Node
	WebSockets     WebSockets
	TrustedProxies []netip.Prefix
	Metrics        http.Handler // nil: none
	MetricsForAll  bool         // also to addresses that are not loopback
	SDK            http.Handler // serves below /sdk/; nil: none
	Page           http.Handler // what a browser gets at /; nil: the status
	Mounts         []Mount      // further pages
	Warn           func(text string)
}

// Mount serves everything below a path.
type Mount struct {
	Path    string // begins and ends with a slash
	Handler http.Handler
}

// New builds the routes.
func New(o Options) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false // a signature is for one path, and a POST is not sent twice
	e.Use(gin.CustomRecoveryWithWriter(nil, recovered(o.Warn)))
	s := &server{Options: o, addresses: newAddresses(o.TrustedProxies, o.Warn)}

	// HEAD as well where load balancers ask for life.
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		e.Handle(method, "/", s.root)
		e.Handle(method, "/api/:endpoint/ping", s.ping)
	}
	e.POST("/api/:endpoint/message", s.message)
	e.POST("/hook/:endpoint/:plugin", s.hook)
	e.GET("/ws/:endpoint", s.webSocket)
	if o.Metrics != nil {
		e.GET("/metrics", s.metrics)
	}
	if o.SDK != nil {
		files := gin.WrapH(http.StripPrefix("/sdk", o.SDK))
		e.GET("/sdk/*file", files)
		e.HEAD("/sdk/*file", files)
	}
	for _, m := range o.Mounts {
		e.Any(m.Path+"*path", gin.WrapH(m.Handler))
		e.GET(strings.TrimSuffix(m.Path, "/"), gin.WrapH(http.RedirectHandler(m.Path, http.StatusMovedPermanently)))
	}
	e.NoRoute(notFound)
	e.NoMethod(notAllowed)
	return e
}

type server struct {
	Options
	addresses *addresses
}
