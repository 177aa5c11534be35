package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"text/tabwriter"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/cases"
	"github.com/driplet/driplet/plugins"
)

func pluginRoutesCommand() command {
	c := command{
		name:    "plugin routes",
		args:    "[EVENT]",
		summary: "show which plugin or callback gets which events",
		help: `
Reads the configuration and the manifests as a server would, and prints for each
endpoint what goes where, in the order in which it is decided: of the patterns
that fit an event the one with the longest literal text before its first * wins,
and any plugin comes before any callback. Hooks of one kind are all asked, in
this order. With EVENT it says who gets that event, and why.

Examples:
  driplet plugin routes
  driplet plugin routes -endpoint shop
  driplet plugin routes chat.send
`,
	}
	c.run = func(_ context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		path := configFlag(fs)
		name := fs.String("endpoint", "", "only this endpoint, by `name`")
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) > 1 {
			return c.misused(t, "it takes one event, not %d", len(rest))
		}
		cfg, ok := load(t, *path, nil)
		if !ok {
			return exitUsage
		}
		endpoints := cfg.Endpoints
		if *name != "" {
			ep, ok := endpoint(t, cfg, *name)
			if !ok {
				return exitUsage
			}
			endpoints = []*core.Endpoint{ep}
		}
		if err := showRoutes(t.out, cfg, endpoints, append(rest, "")[0]); err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		return exitOK
	}
	return c
}

// showRoutes prints the routes of the endpoints, or who gets the event.
func showRoutes(w io.Writer, cfg *config.Config, endpoints []*core.Endpoint, event string) error {
	if err := checkPluginDir(cfg); err != nil {
		return err
	}
	host := plugin.NewHost(plugin.Options{
		Dir: cfg.Global.PluginDir, Sources: []fs.FS{plugins.Bundled()}, Store: new(cases.Store), Log: slog.New(slog.DiscardHandler),
	})
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if event == "" {
		fmt.Fprintln(table, "ENDPOINT\tKIND\tPATTERN\tGOES TO\tVERSION")
	}
	for _, ep := range endpoints {
		s, err := host.Survey(ep)
		if err != nil {
			return err
		}
		if event != "" {
			explain(w, ep, s.Takers(event), event)
			continue
		}
		listRoutes(table, ep, s)
	}
	return table.Flush()
}

// listRoutes prints an endpoint's routes: events, to callbacks after plugins,
// then the rest.
func listRoutes(w io.Writer, ep *core.Endpoint, s *plugin.Survey) {
	line := func(kind, pattern, to, version string) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", ep.Name, kind, pattern, to, version)
	}
	rest := slices.IndexFunc(s.Routes, func(r plugin.Route) bool { return r.Kind != plugin.KindMessage })
	if rest < 0 {
		rest = len(s.Routes)
	}
	for _, r := range s.Routes[:rest] {
		line("event", r.Pattern, r.Plugin, r.Version)
	}
	for _, c := range callbacksOf(ep) {
		line("event", c.Match.String(), "callback "+c.URL, "")
	}
	for _, r := range s.Routes[rest:] {
		switch {
		case r.Kind == plugin.KindTimer:
			line("timer", r.Pattern+", every "+r.Every.String(), r.Plugin, r.Version)
		case r.Pattern == "":
			line(r.Kind.String(), "-", r.Plugin, r.Version)
		default:
			line(r.Kind.String(), r.Pattern, r.Plugin, r.Version)
		}
	}
	if len(s.Routes) == 0 && len(ep.Callbacks) == 0 {
		line("-", "-", "nothing", "")
	}
}

// callbacksOf are an endpoint's callbacks, the most specific first.
func callbacksOf(ep *core.Endpoint) []core.Callback {
	list := slices.Clone(ep.Callbacks)
	slices.SortStableFunc(list, func(a, b core.Callback) int {
		return cmp.Compare(len(b.Match.LiteralPrefix()), len(a.Match.LiteralPrefix()))
	})
	return list
}

// explain says who gets an event, and why nobody else.
func explain(w io.Writer, ep *core.Endpoint, takers []plugin.Route, event string) {
	type taker struct{ to, pattern string }
	var all []taker
	for _, r := range takers {
		all = append(all, taker{"plugin " + r.Plugin + " " + r.Version, r.Pattern})
	}
	for _, c := range callbacksOf(ep) {
		if c.Match.Covers(event) {
			all = append(all, taker{"callback " + c.URL, c.Match.String()})
		}
	}
	if len(all) == 0 {
		fmt.Fprintf(w, "%s: %q goes nowhere: no pattern of a plugin or a callback fits; a client that sends it gets no_handler\n", ep.Name, event)
		return
	}
	why := "the only pattern that fits"
	switch {
	case len(takers) == 1 && len(all) > 1:
		why = "plugins come before callbacks"
	case len(all) > 1:
		why = "the longest literal text before its first * of the patterns that fit"
	}
	fmt.Fprintf(w, "%s: %q goes to the %s by %q: %s\n", ep.Name, event, all[0].to, all[0].pattern, why)
	for _, other := range all[1:] {
		fmt.Fprintf(w, "  not to the %s by %q\n", other.to, other.pattern)
	}
}
