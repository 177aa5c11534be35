package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core/callback"
	"github.com/driplet/driplet/core/engine/local"
	"github.com/driplet/driplet/core/hub"
	"github.com/driplet/driplet/core/node"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/transport"
)

// shutdownGrace is how long requests under way may take when the server stops,
// and then queued messages.
const shutdownGrace = 10 * time.Second

// running is a server's parts at work.
type running struct {
	global    *config.Global
	log       *slog.Logger
	hub       *hub.Hub
	engine    *local.Engine
	plugins   *plugin.Host
	callbacks *callback.Gate
	node      *node.Node
	sockets   *transport.WebSockets
	admin     *adminServer
	handler   http.Handler
}

// run serves on the listeners until ctx ends, or one of them fails, and then ends
// everything in the reverse order of what it serves: no new connections, then the
// clients, then callbacks under way, then the drain. Plugins and engine are closed
// by who opened them.
func (s *running) run(ctx context.Context, listeners []net.Listener, ready func([]string)) error {
	front, stopFront := context.WithCancel(context.Background())
	back, stopBack := context.WithCancel(context.Background())
	var fronts, backs errgroup.Group
	backs.Go(func() error { return s.hub.Run(back) })
	backs.Go(func() error { s.engine.Run(back); return nil })
	fronts.Go(func() error { return s.node.Run(front) })
	fronts.Go(func() error { return s.sockets.Run(front) })
	fronts.Go(func() error {
		err := s.admin.run(front)
		if err != nil { // clients are served on
			s.log.Error("the admin API has ended: restart the server to have it back", "error", err)
		}
		return err
	})
	fronts.Go(func() error { return reloadPlugins(front, s.global, s.plugins, s.log) })

	w := s.listenOn(listeners)
	ready(names(listeners))
	select {
	case <-ctx.Done():
	case <-w.failed:
	}

	s.log.Info("stopping")
	if patiently(w.end) != nil {
		s.log.Warn("requests under way were cut off")
		w.server.Close()
	}
	patiently(func(ctx context.Context) error { s.sockets.Shutdown(ctx, s.global.ShutdownSpread); return nil })
	if patiently(s.callbacks.Close) != nil {
		s.log.Warn("callbacks under way were broken off")
	}
	stopFront()
	err := errors.Join(w.serving.Wait(), fronts.Wait())
	stopBack()
	return errors.Join(err, backs.Wait())
}

// web is HTTP on all listeners.
type web struct {
	server  *http.Server
	serving errgroup.Group
	failed  chan struct{}               // told when a listener has failed
	end     func(context.Context) error // ends accepting, and waits for the requests under way
}

// listenOn serves HTTP on the listeners; over plain TCP a Front stands before it.
func (s *running) listenOn(listeners []net.Listener) *web {
	w := &web{failed: make(chan struct{}, len(listeners)), server: &http.Server{
		Handler: s.handler, ReadHeaderTimeout: transport.HeaderTime, IdleTimeout: transport.IdleTime,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}}
	w.end = w.server.Shutdown
	for _, l := range listeners {
		if s.global.TLSCertificate == "" {
			f := transport.NewFront(l, s.handler)
			w.serving.Go(func() error { f.Run(); return nil })
			w.end = after(w.end, f.Wait)
			l = f
		}
		w.serving.Go(func() error {
			if err := w.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				w.failed <- struct{}{}
				return err
			}
			return nil
		})
	}
	return w
}

// after is one step and then another.
func after(first, then func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error { return errors.Join(first(ctx), then(ctx)) }
}

// patiently does one step of the end, with shutdownGrace for it.
func patiently(step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	return step(ctx)
}

func names(listeners []net.Listener) (out []string) {
	for _, l := range listeners {
		out = append(out, l.Addr().String())
	}
	return out
}
