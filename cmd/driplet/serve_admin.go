package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/cases"
	"github.com/driplet/driplet/core/server"
	"github.com/driplet/driplet/core/transport"
)

// adminServer is the admin API on its own listener; nil where there is none.
type adminServer struct {
	l   net.Listener
	web *http.Server
}

// listenAdmin opens the admin listener, if there is a token.
func listenAdmin(ctx context.Context, g *config.Global, host *plugin.Host, log *slog.Logger) (*adminServer, error) {
	if g.AdminToken == "" {
		return nil, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", g.AdminAddress)
	if err != nil {
		return nil, fmt.Errorf("the admin API cannot listen on %s: %w (choose another Global.AdminAddress)", g.AdminAddress, err)
	}
	scheme := "http"
	if g.AdminSecure() {
		secure, err := tlsConfig(g)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		scheme, l = "https", transport.TLSListener(l, secure)
	}
	log.Info("the admin API listens", "url", scheme+"://"+l.Addr().String())
	handler := server.NewAdmin(server.AdminOptions{
		Token: g.AdminToken, Plugins: operated{host, cases.NewMask()}, ManifestBytes: plugin.MaxManifest, ModuleBytes: plugin.MaxModule,
		Warn: func(text string) { log.Warn(text) },
	})
	return &adminServer{l, &http.Server{
		Handler: handler, ReadHeaderTimeout: transport.HeaderTime, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}, nil
}

// run serves until ctx ends.
func (a *adminServer) run(ctx context.Context) error {
	if a == nil {
		return nil
	}
	ended := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		defer close(ended)
		if patiently(a.web.Shutdown) != nil {
			a.web.Close()
		}
	})()
	if err := a.web.Serve(a.l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the admin API ended: %w", err)
	}
	<-ended
	return nil
}

// operated is a plugin host as operators work it.
type operated struct {
	host *plugin.Host
	mask *cases.Mask // sessions are secret, to operators too
}

// Serving is server.Plugins'.
func (o operated) Serving() any { return o.host.Plugins() }

// Push is server.Plugins'.
func (o operated) Push(ctx context.Context, name string, manifest, wasm []byte) (any, error) {
	return o.host.Push(ctx, name, manifest, wasm)
}
