package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core/engine/local"
	"github.com/driplet/driplet/core/hub"
	"github.com/driplet/driplet/core/metrics"
	"github.com/driplet/driplet/core/node"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/server"
	"github.com/driplet/driplet/core/transport"
)

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

// serveWith puts the parts together, each of which gets what it works with, and
// runs them until ctx ends. ready is told the addresses once they are open.
func serveWith(ctx context.Context, cfg *config.Config, log *slog.Logger, p pages, ready func([]string)) (err error) {
	ctx, hungUp := endsOnHangup(ctx, &cfg.Global)
	defer hungUp()
	listeners, err := listen(ctx, &cfg.Global, log)
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

	r := running{global: &cfg.Global, log: log, hub: h, engine: e, plugins: host, callbacks: gate, node: n, sockets: ws, admin: admin, handler: handler}
	return r.run(ctx, listeners, ready)
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
