package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core/plugin"
)

// endsOnHangup is ctx, which a SIGHUP ends where there is no PluginDir to look
// at: a demo whose terminal is closed ends, and every server in order.
func endsOnHangup(ctx context.Context, g *config.Global) (context.Context, context.CancelFunc) {
	if g.PluginDir != "" {
		return ctx, func() {}
	}
	return signal.NotifyContext(ctx, syscall.SIGHUP)
}

// reloadPlugins follows PluginDir until ctx ends: a change is found by looking,
// SIGHUP asks for all at once.
func reloadPlugins(ctx context.Context, g *config.Global, host *plugin.Host, log *slog.Logger) error {
	if g.PluginDir == "" {
		return nil
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	watched := make(chan struct{})
	go func() { host.Watch(ctx, plugin.WatchEvery); close(watched) }()
	for {
		select {
		case <-hangup:
			log.Info("SIGHUP: looking at all plugins")
			host.ReloadAll(ctx) // logs what fails
		case <-ctx.Done():
			<-watched
			return nil
		}
	}
}
