package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
	"github.com/driplet/driplet/core/metrics"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/target"
	"github.com/driplet/driplet/plugins"
)

// loadPlugins compiles what the endpoints ask for: from PluginDir before what
// the binary brings.
func loadPlugins(ctx context.Context, cfg *config.Config, e engine.Engine, m *metrics.Plugin, log *slog.Logger) (*plugin.Host, error) {
	var sources []fs.FS
	if dir := cfg.Global.PluginDir; dir != "" {
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("Global.PluginDir cannot be read: %w", err)
		}
		sources = append(sources, os.DirFS(dir))
	}
	own := plugin.Available(sources)
	host := plugin.NewHost(plugin.Options{
		Sources: append(sources, plugins.Bundled()), CacheDir: dataFolder(cfg, "compiled"),
		Store: pluginStore{e}, ParseTarget: target.Parse, Log: log, Meter: m,
	})
	endpoints := make([]*core.Endpoint, len(cfg.Endpoints))
	for i, ep := range cfg.Endpoints {
		if endpoints[i] = ep; ep.Plugins == nil {
			// An endpoint that lists none gets what the operator has put there.
			all := *ep
			all.Plugins = own
			endpoints[i] = &all
		}
	}
	return host, host.Load(ctx, endpoints)
}

// pluginStore gives plugins the engine's KV in their own words.
type pluginStore struct{ engine.Engine }

// KV opens a namespace.
func (s pluginStore) KV(namespace string, quota int64) plugin.KV {
	return pluginKV{s.Engine.KV(namespace, quota)}
}

type pluginKV struct{ engine.KV }

// Incr is engine.KV's.
func (kv pluginKV) Incr(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, error) {
	n, err := kv.KV.Incr(ctx, key, delta, ttl)
	return n, pluginError(err)
}

// CAS is engine.KV's.
func (kv pluginKV) CAS(ctx context.Context, key string, old, new []byte, ttl time.Duration) (bool, error) {
	ok, err := kv.KV.CAS(ctx, key, old, new, ttl)
	return ok, pluginError(err)
}

// Scan is engine.KV's.
func (kv pluginKV) Scan(ctx context.Context, prefix string, limit int, reverse bool) ([]plugin.Pair, error) {
	pairs, err := kv.KV.Scan(ctx, prefix, limit, reverse)
	out := make([]plugin.Pair, len(pairs))
	for i, p := range pairs {
		out[i] = plugin.Pair(p)
	}
	return out, err
}

// Apply is engine.KV's.
func (kv pluginKV) Apply(ctx context.Context, writes []plugin.Write) error {
	out := make([]engine.Write, len(writes))
	for i, w := range writes {
		out[i] = engine.Write(w)
	}
	return pluginError(kv.KV.Apply(ctx, out))
}

func pluginError(err error) error {
	switch {
	case errors.Is(err, engine.ErrQuota):
		return plugin.ErrQuota
	case errors.Is(err, engine.ErrNotInteger):
		return plugin.ErrNotInteger
	}
	return err
}
