package plugin

import (
	"context"
	"errors"

	"github.com/driplet/driplet/core"
)

// Wants reports whether a plugin handles kind for name: an event's name for
// core.HookMessage, a topic for subscribe, unsubscribe and publish, a plugin's
// name for core.HookHTTP, else "".
func (h *Host) Wants(endpoint string, kind core.HookKind, name string) bool {
	t := h.routes(endpoint)
	if t == nil || kind > core.HookHTTP {
		return false
	}
	switch kind {
	case core.HookMessage:
		return t.handler(name) != nil
	case core.HookHTTP:
		return t.server(name) != nil
	}
	for _, b := range t.hooks[kind] {
		if b.wants(kind, name) {
			return true
		}
	}
	return false
}

// Decide asks the plugins about a connect, a subscribe, a message, a publish or
// a request. A refusal and a failure come back as *core.Error.
func (h *Host) Decide(ctx context.Context, ev *core.ClientEvent) (core.Verdict, error) {
	var v core.Verdict
	t := h.enter(ev.Endpoint)
	if t == nil {
		return v, core.Errorf(core.CodeNotFound, "endpoint %q has no plugins", ev.Endpoint)
	}
	defer t.leave()
	var input Input
	input.take(ev)
	switch ev.Kind {
	case core.HookMessage:
		b := t.handler(ev.Event)
		if b == nil {
			return v, core.Errorf(core.CodeNoHandler, "no plugin handles the event %q", ev.Event)
		}
		return b.ask(ctx, ev, &input)
	case core.HookHTTP:
		b := t.server(ev.Event)
		if b == nil {
			return v, core.Errorf(core.CodeNotFound, "no plugin %q takes requests", ev.Event)
		}
		return b.ask(ctx, ev, &input)
	case core.HookPublish:
		return t.filter(ctx, ev, input)
	}
	if ev.Kind != core.HookConnect && ev.Kind != core.HookSubscribe {
		return v, core.Errorf(core.CodeInternal, "the hook of kind %d takes no decision", ev.Kind)
	}
	origin, _ := ctx.Value(originKey{}).(string)
	asked := false
	for _, b := range t.hooks[ev.Kind] {
		if !b.wants(ev.Kind, ev.Topic) {
			continue
		}
		if asked = true; b.Name == origin {
			continue
		}
		out, err := b.handle(ctx, &input, ev, poolWait)
		if err != nil {
			if b.Pass {
				continue
			}
			return core.Verdict{}, b.callerError(err)
		}
		if out.refusal != nil {
			return core.Verdict{}, out.refusal
		}
		if out.answer != nil {
			v.Data = out.answer
		}
	}
	if !asked { // whoever wanted it was taken off meanwhile: that is no consent
		return core.Verdict{}, core.Errorf(core.CodeUnavailable, "the plugins of endpoint %s have just changed: try again", ev.Endpoint)
	}
	return v, nil
}

// ask gives an event to the one plugin that answers it.
func (b *binding) ask(ctx context.Context, ev *core.ClientEvent, input *Input) (core.Verdict, error) {
	out, err := b.handle(ctx, input, ev, poolWait)
	if err != nil {
		return core.Verdict{}, b.callerError(err)
	}
	if out.refusal != nil {
		return core.Verdict{}, out.refusal
	}
	return core.Verdict{Data: out.answer}, nil
}

// callerError is what a caller hears when the plugin could not decide.
func (b *binding) callerError(err error) *core.Error {
	switch {
	case errors.Is(err, errBusy):
		return core.Errorf(core.CodeUnavailable, "the plugin %s is busy; try again", b.Name)
	case errors.Is(err, errPaused):
		return core.Errorf(core.CodeUnavailable, "the plugin %s failed several times and is %s; try again then", b.Name, err)
	}
	return failure(b.Name)
}

// take makes the input, which is empty, a client's event as the module gets it.
func (in *Input) take(ev *core.ClientEvent) {
	in.Kind, in.Event, in.Topic, in.Session, in.User = Kind(ev.Kind), ev.Event, ev.Topic, string(ev.Session), ev.User
	in.Request, in.Time, in.Data, in.Endpoint = string(ev.Request), ev.Time, ev.Data, ev.Endpoint
	if ev.Claims != nil {
		in.Claims, in.Account = ev.Claims.Custom, ev.Claims.User
	}
	if ev.Target != nil {
		in.Target = ev.Target.Raw
	}
	if r := ev.HTTP; r != nil {
		in.Event, in.Method, in.Query, in.Headers = "", r.Method, r.Query, r.Headers
	}
}

// Observe tells the plugins of a disconnect or an unsubscribe, soon: in order
// for each plugin on an endpoint. It never blocks; what does not fit into a
// plugin's queue is lost and counted in the log.
func (h *Host) Observe(ev *core.ClientEvent) {
	t := h.routes(ev.Endpoint)
	if t == nil || (ev.Kind != core.HookDisconnect && ev.Kind != core.HookUnsubscribe) {
		return
	}
	for _, b := range t.hooks[ev.Kind] {
		if !b.wants(ev.Kind, ev.Topic) {
			continue
		}
		select {
		case b.queue <- ev:
		default:
			if n := b.dropped.Add(1); n&(n-1) == 0 { // 1, 2, 4, 8 …: a log line each
				b.logger().Error("events are lost: the plugin is slower than they come", "lost", n)
			}
		}
	}
}

// unattended runs an event that nobody waits for. It reports whether the
// plugin has had it, whatever came of it.
func (b *binding) unattended(ctx context.Context, input *Input, ev *core.ClientEvent) bool {
	out, err := b.handle(ctx, input, ev, patientWait)
	switch {
	case errors.Is(err, errBusy), errors.Is(err, errPaused):
		b.logger().Warn("an event did not reach the plugin", "kind", input.Kind.String(), "event", input.Event, "error", err)
		return false
	case out.refusal != nil:
		b.logger().Warn("a refusal to an event that nobody waits for", "kind", input.Kind.String(), "event", input.Event, "code", out.refusal.Code, "message", out.refusal.Message)
	}
	return true
}
