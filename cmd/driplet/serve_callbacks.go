package main

import (
	"context"
	"log/slog"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/callback"
	"github.com/driplet/driplet/core/node"
)

// loadCallbacks makes the gate for the endpoints' callbacks. The current
// secret signs; backends hold the previous one as well while it is replaced.
func loadCallbacks(cfg *config.Config, meter callback.Meter, log *slog.Logger) (*callback.Gate, error) {
	keys := map[string]callback.Key{}
	for _, ep := range cfg.Endpoints {
		if len(ep.APIKeys) > 0 {
			k := ep.APIKeys[0]
			keys[ep.Name] = callback.Key{ID: k.ID, Secret: auth.Derive(k.Secret, auth.PurposeCallback)}
		}
	}
	return callback.New(callback.Options{Endpoints: cfg.Endpoints, Keys: keys, Meter: meter, Log: log})
}

// hooks asks several handlers: for what one alone can do, the first that wants
// it; about a publish all that want it, in turn.
type hooks []node.Hooks

// Wants reports whether one of them does.
func (list hooks) Wants(endpoint string, kind core.HookKind, name string) bool {
	return list.first(endpoint, kind, name) != nil
}

// Decide asks the first that wants the event, or all about a publish.
func (list hooks) Decide(ctx context.Context, ev *core.ClientEvent) (core.Verdict, error) {
	if ev.Kind == core.HookPublish {
		return list.filter(ctx, *ev)
	}
	name := ev.Topic
	if ev.Kind == core.HookMessage || ev.Kind == core.HookHTTP {
		name = ev.Event
	}
	h := list.first(ev.Endpoint, ev.Kind, name)
	if h == nil {
		return core.Verdict{}, core.Errorf(core.CodeNoHandler, "nothing handles %q on endpoint %s", name, ev.Endpoint)
	}
	return h.Decide(ctx, ev)
}

// filter asks each about what the one before has made of the message.
func (list hooks) filter(ctx context.Context, ev core.ClientEvent) (v core.Verdict, err error) {
	asked := false
	for _, h := range list {
		if !h.Wants(ev.Endpoint, ev.Kind, ev.Topic) {
			continue
		}
		if v, err = h.Decide(ctx, &ev); err != nil || v.Drop {
			return v, err
		}
		ev.Data, ev.Target, asked = v.Data, v.Target, true
	}
	if !asked { // somebody was, when it was decided to ask
		return v, core.Errorf(core.CodeUnavailable, "the handlers of endpoint %s have just changed: publish again", ev.Endpoint)
	}
	return v, nil
}

func (list hooks) first(endpoint string, kind core.HookKind, name string) node.Hooks {
	for _, h := range list {
		if h.Wants(endpoint, kind, name) {
			return h
		}
	}
	return nil
}

// warnOfShadows says which callbacks hear nothing, or not all, because a
// plugin with a pattern as specific or less is asked first.
func warnOfShadows(plugins node.Hooks, endpoints []*core.Endpoint, log *slog.Logger) {
	for _, ep := range endpoints {
		for _, c := range ep.Callbacks {
			if example := callback.Example(c.Match); plugins.Wants(ep.Name, core.HookMessage, example) {
				log.Warn("a plugin takes events that a callback is for: plugins come first",
					"endpoint", ep.Name, "callback", c.Match.String(), "event", example)
			}
		}
	}
}
