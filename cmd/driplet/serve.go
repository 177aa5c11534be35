package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core/engine/local"
	"github.com/driplet/driplet/core/hub"
	"github.com/driplet/driplet/core/metrics"
	"github.com/driplet/driplet/core/node"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/server"
	"github.com/driplet/driplet/core/transport"
)

// shutdownGrace is how long requests under way may take when the server stops,
// and then queued messages.
const shutdownGrace = 10 * time.Second

// pages is what a command serves beside the API, and how it serves otherwise.
type pages struct {
	root    http.Handler
	mounts  []server.Mount
	plugins func(*plugin.Options) // may be nil
}

// serve runs the server until ctx ends.
func serve(ctx context.Context, cfg *config.Config, log *slog.Logger, stdout io.Writer) error {
	return serveWith(ctx, cfg, log, pages{}, func(addresses []string) {
		for _, a := range addresses {
			fmt.Fprintf(stdout, "driplet listens on %s://%s\n", cfg.Global.Scheme(), a)
		}
	})
}

// serveWith puts the parts together, listens, reports the addresses to ready,
// and ends everything in order: no new connections, then the clients, then
// callbacks under way, then the drain, then the engine.
func serveWith(ctx context.Context, cfg *config.Config, log *slog.Logger, p pages, ready func([]string)) (err error) {
	ctx, hungUp := endsOnHangup(ctx, &cfg.Global)
	defer hungUp()
	listeners, err := listen(ctx, &cfg.Global)
	if err != nil {
		return err
	}
	defer func() { // at the latest: who serves on them has closed them before
		for _, l := range listeners {
			l.Close()
		}
	}()
	set := metrics.New()
	h := hub.New(set.Hub)
	e, err := local.Open(dataFolder(cfg, "engine"), h, local.Options{Logger: log, HistoryBytes: int64(cfg.Global.HistoryBytes)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()

	host, err := loadPlugins(ctx, cfg, e, set.Plugin, log, p.plugins)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.Close()) }()

	gate, err := loadCallbacks(cfg, set.Callback, log)
	if err != nil {
		return err
	}
	warnOfShadows(host, cfg.Endpoints, log)

	n := node.New(cfg.Endpoints, node.Deps{Hub: h, Engine: e, Hooks: hooks{host, gate}, Observer: host, Metrics: set.Node, Log: log})
	gate.Start(n)
	if err := host.Start(context.WithoutCancel(ctx), n); err != nil {
		return err
	}
	admin, err := listenAdmin(ctx, &cfg.Global, host, log)
	if err != nil {
		return err
	}
	ws := transport.NewWebSockets(n, transport.Budget{
		Connections: cfg.Global.Connections, QueueBytes: int64(cfg.Global.QueueBytes), Memory: int64(cfg.Global.Memory),
	}, set.Transport, log)
	handler := server.New(server.Options{
		Node: n, WebSockets: ws, TrustedProxies: cfg.Global.TrustedProxies,
		Metrics: metricsHandler(cfg, set), MetricsForAll: cfg.Global.Metrics == config.MetricsAll,
		SDK: sdk(), Page: p.root, Mounts: p.mounts,
		Warn: func(text string) { log.Warn(text) },
	})

	// The parts end in the reverse order of what they serve: see below.
	front, stopFront := context.WithCancel(context.Background())
	back, stopBack := context.WithCancel(context.Background())
	var fronts, backs errgroup.Group
	backs.Go(func() error { return h.Run(back) })
	backs.Go(func() error { e.Run(back); return nil })
	fronts.Go(func() error { return n.Run(front) })
	fronts.Go(func() error { return ws.Run(front) })
	fronts.Go(func() error { return admin.run(front) })
	fronts.Go(func() error { return reloadPlugins(front, &cfg.Global, host, log) })

	web := &http.Server{
		Handler: handler, ReadHeaderTimeout: transport.HeaderTime, IdleTimeout: transport.IdleTime,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	var serving errgroup.Group
	failed := make(chan struct{}, len(listeners))
	answered := web.Shutdown // ends accepting, and waits for the requests under way
	for _, l := range listeners {
		if cfg.Global.TLSCertificate == "" {
			f := transport.NewFront(l, handler)
			serving.Go(func() error { f.Run(); return nil })
			answered = after(answered, f.Wait)
			l = f
		}
		serving.Go(func() error {
			if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- struct{}{}
				return err
			}
			return nil
		})
	}
	ready(names(listeners))
	select {
	case <-ctx.Done():
	case <-failed:
	}

	log.Info("stopping")
	if patiently(answered) != nil {
		log.Warn("requests under way were cut off")
		web.Close()
	}
	patiently(func(ctx context.Context) error { ws.Shutdown(ctx, cfg.Global.ShutdownSpread); return nil })
	if patiently(gate.Close) != nil {
		log.Warn("callbacks under way were broken off")
	}
	stopFront()
	err = errors.Join(serving.Wait(), fronts.Wait())
	stopBack()
	return errors.Join(err, backs.Wait())
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

func metricsHandler(cfg *config.Config, set *metrics.Set) http.Handler {
	if cfg.Global.Metrics == config.MetricsOff {
		return nil
	}
	return set.Handler()
}

// dataFolder is a part's own folder in DataDir; "" where nothing is kept.
func dataFolder(cfg *config.Config, part string) string {
	if cfg.Global.DataDir == "" {
		return ""
	}
	return filepath.Join(cfg.Global.DataDir, part)
}
