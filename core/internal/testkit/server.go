// Package testkit is for tests alone: a whole server in the test's process, on
// a real socket, and clients that can say whatever bytes they like. In one
// process the race detector sees both ends.
package testkit

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/engine/local"
	"github.com/driplet/driplet/core/hub"
	"github.com/driplet/driplet/core/metrics"
	"github.com/driplet/driplet/core/node"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/plugintest"
	"github.com/driplet/driplet/core/programtest"
	"github.com/driplet/driplet/core/server"
	"github.com/driplet/driplet/core/target"
	"github.com/driplet/driplet/core/transport"
)

// The secrets of the endpoint default.
const (
	APISecret = "api-secret-of-the-tests-0123456789"
	JWTSecret = "jwt-secret-of-the-tests-0123456789"
)

// patience bounds every wait for what must come: far more than a starved
// machine needs, so that a test fails for a fault alone.
const patience = time.Minute

// Options say how a server differs from the usual. The zero value is a server
// with the endpoint default, the usual limits and no plugins.
type Options struct {
	Endpoint       func(*core.Endpoint)        // changes the endpoint default
	More           []*core.Endpoint            // further endpoints
	TrustedProxies []netip.Prefix              //
	Plugins        fs.FS                       // where endpoints' plugins are
	WebSockets     func(*transport.WebSockets) // changes the transport before it runs
	Page           http.Handler                // what browsers get at /
	Wrap           func(net.Listener) net.Listener
}

// Server is a running server.
type Server struct {
	Addr    string              // 127.0.0.1 and a port
	URL     string              // http:// and Addr
	Log     *programtest.Output // what the server says to its operator
	Node    *node.Node
	Sockets *transport.WebSockets

	t    testing.TB
	stop func()
}

// Start runs a server until the test ends, or Stop.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	ep := &core.Endpoint{
		Name:    "default",
		APIKeys: []core.Credential{{ID: "current", Secret: APISecret}},
		JWTKeys: []core.Credential{{ID: "current", Secret: JWTSecret}},
		Limits:  core.DefaultLimits,
	}
	if o.Endpoint != nil {
		o.Endpoint(ep)
	}
	endpoints := append([]*core.Endpoint{ep}, o.More...)
	s := &Server{Log: &programtest.Output{}, t: t}
	log := slog.New(slog.NewTextHandler(s.Log, nil))
	l, err := transport.Listen(context.Background(), "127.0.0.1:0", log)
	if err != nil {
		t.Fatal(err)
	}
	s.Addr = l.Addr().String()
	s.URL = "http://" + s.Addr
	if o.Wrap != nil {
		l = o.Wrap(l)
	}

	set := metrics.New()
	h := hub.New(set.Hub)
	e, err := local.Open("", h, local.Options{Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	host := plugin.NewHost(plugin.Options{
		Sources: sources(o.Plugins), Store: &plugintest.Store{}, ParseTarget: target.Parse, Log: log, Meter: set.Plugin,
	})
	if err := host.Load(t.Context(), endpoints); err != nil {
		t.Fatal(err)
	}
	s.Node = node.New(endpoints, node.Deps{Hub: h, Engine: e, Hooks: host, Observer: host, Metrics: set.Node, Log: log})
	if err := host.Start(context.WithoutCancel(t.Context()), s.Node); err != nil {
		t.Fatal(err)
	}
	s.Sockets = transport.NewWebSockets(s.Node, transport.Budget{}, set.Transport, log)
	if o.WebSockets != nil {
		o.WebSockets(s.Sockets)
	}
	handler := server.New(server.Options{
		Node: s.Node, WebSockets: s.Sockets, TrustedProxies: o.TrustedProxies, Metrics: set.Handler(),
		Page: o.Page, Warn: func(text string) { log.Warn(text) },
	})
	entrance := transport.NewFront(l, handler)
	web := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: transport.HeaderTime, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}

	front, stopFront := context.WithCancel(context.Background())
	back, stopBack := context.WithCancel(context.Background())
	var fronts, backs sync.WaitGroup
	backs.Go(func() { h.Run(back) })
	backs.Go(func() { e.Run(back) })
	fronts.Go(func() { s.Node.Run(front) })
	fronts.Go(func() { s.Sockets.Run(front) })
	fronts.Go(entrance.Run)
	fronts.Go(func() {
		if err := web.Serve(entrance); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("the server ended: %v", err)
		}
	})
	s.stop = sync.OnceFunc(func() {
		grace, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := errors.Join(web.Shutdown(grace), entrance.Wait(grace)); err != nil {
			t.Errorf("requests did not end: %v", err)
		}
		s.Sockets.Shutdown(grace, 0)
		if grace.Err() != nil {
			t.Error("connections did not end")
		}
		stopFront()
		fronts.Wait()
		stopBack()
		backs.Wait()
		if err := errors.Join(host.Close(), e.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(s.stop)
	return s
}

func sources(fsys fs.FS) []fs.FS {
	if fsys == nil {
		return nil
	}
	return []fs.FS{fsys}
}

// At is a server that runs elsewhere, with the endpoint default and its usual
// secrets: only what goes through its address works.
func At(t testing.TB, addr string) *Server {
	return &Server{Addr: addr, URL: "http://" + addr, t: t}
}

// In is the same server for a subtest, which then fails by itself.
func (s *Server) In(t testing.TB) *Server {
	c := *s
	c.t = t
	return &c
}

// Stop ends the server as SIGTERM does.
func (s *Server) Stop() { s.stop() }

// Token is a token of the endpoint default for these claims, good for an hour
// unless they say otherwise.
func (s *Server) Token(claims map[string]any) string {
	s.t.Helper()
	if claims == nil {
		claims = map[string]any{}
	}
	if _, ok := claims["exp"]; !ok {
		claims["exp"] = time.Now().Add(time.Hour).Unix()
	}
	token, err := auth.Mint(JWTSecret, claims)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// User is a token for a user with roles.
func (s *Server) User(uid any, roles ...string) string {
	return s.Token(map[string]any{"custom": map[string]any{"uid": uid, "roles": roles}})
}

// Pattern is the pattern that text is; it must be one.
func Pattern(t testing.TB, text string) core.Pattern {
	t.Helper()
	p, err := core.ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Metric reads a counter or gauge, such as
// driplet_refused_total{code="bad_request",endpoint="default"}; 0 where it is
// missing.
func (s *Server) Metric(name string) float64 {
	s.t.Helper()
	for line := range strings.SplitSeq(s.Get("/metrics").Body, "\n") {
		if text, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return v
		}
	}
	return 0
}

// Until waits for something that must become true.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not: %s", what)
		}
	}
}
