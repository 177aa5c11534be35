package main

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/callback"
	"github.com/driplet/driplet/core/engine"
	"github.com/driplet/driplet/core/metrics"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/lane"
	"github.com/driplet/driplet/core/target"
	"github.com/driplet/driplet/plugins"
)

// signForPlugin signs a request of a plugin as callbacks are signed, with a key
// of another purpose. The current secret signs.
func signForPlugin(ep *core.Endpoint, r *http.Request, body []byte) {
	k := ep.APIKeys[0]
	callback.Key{ID: k.ID, Secret: auth.Derive(k.Secret, auth.PurposePlugin)}.Sign(r, body, time.Now())
}

// checkPluginDir looks whether the folder for plugins is there, if there is to be
// one: without it nothing would tell that a plugin is missing.
func checkPluginDir(cfg *config.Config) error {
	if dir := cfg.Global.PluginDir; dir != "" {
		if _, err := os.Stat(dir); err != nil {
			return fmt.Errorf("Global.PluginDir cannot be read: %w. Make the folder; a relative one counts from the folder that driplet is started in", err)
		}
	}
	return nil
}

// loadPlugins compiles what the endpoints ask for: from PluginDir before what
// the binary brings. An endpoint that lists none gets what the operator has put
// into PluginDir. change (may be nil) has the last word about the options.
func loadPlugins(ctx context.Context, cfg *config.Config, e engine.Engine, m *metrics.Plugin, log *slog.Logger, change func(*plugin.Options)) (*plugin.Host, error) {
	if err := checkPluginDir(cfg); err != nil {
		return nil, err
	}
	o := plugin.Options{
		Dir: cfg.Global.PluginDir, Sources: []fs.FS{plugins.Bundled()}, CacheDir: dataFolder(cfg, "compiled"),
		Store: e, ParseTarget: target.Parse, Log: log, Meter: m, Sign: signForPlugin, HeapRoom: lane.DefaultHeapRoom,
	}
	var host *plugin.Host
	o.Changed = func(c plugin.Change) {
		for _, name := range c.Endpoints {
			warnOfShadows(host, []*core.Endpoint{cfg.Endpoint(name)}, log)
		}
	}
	if change != nil {
		change(&o)
	}
	host = plugin.NewHost(o)
	if err := host.Load(ctx, cfg.Endpoints); err != nil {
		return host, err
	}
	warnOfUnused(host, cfg.Endpoints, log)
	return host, nil
}

// warnOfUnused says which plugins are configured, but not there: a list of
// plugins was looked at when the configuration was read.
func warnOfUnused(host *plugin.Host, endpoints []*core.Endpoint, log *slog.Logger) {
	type place struct{ plugin, endpoint string }
	serves := map[place]bool{}
	for _, s := range host.Plugins() {
		for _, e := range s.Endpoints {
			serves[place{s.Name, e.Name}] = true
		}
	}
	for _, ep := range endpoints {
		if ep.Plugins != nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(ep.PluginConfig)) {
			if !serves[place{name, ep.Name}] {
				log.Warn("an endpoint configures a plugin that it does not have: is the name misspelt, or the plugin not in PluginDir?", "endpoint", ep.Name, "plugin", name)
			}
		}
	}
}
