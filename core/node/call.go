package node

import (
	"context"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
)

// Call hands a backend's request to a plugin, and returns the plugin's answer as
// JSON, nil is null. The request is signed as a whole (version 2); nothing of it
// is believed before. Whatever the plugin asked for has been done by then. A
// plugin that defers its answer is waited for until its manifest's
// reply_timeout, or until ctx ends.
func (n *Node) Call(ctx context.Context, endpoint, plugin string, r auth.Request, h core.HTTPRequest) ([]byte, error) {
	t, err := n.tenant(endpoint)
	if err != nil {
		return nil, err
	}
	data, err := n.call(ctx, t, plugin, r, &h)
	if err != nil {
		return nil, t.refuse(err)
	}
	return data, nil
}

func (n *Node) call(ctx context.Context, t *tenant, plugin string, r auth.Request, h *core.HTTPRequest) ([]byte, error) {
	if r.Signature != "" && !auth.IsRequestSignature(r.Signature) {
		return nil, core.Errorf(core.CodeUnauthorized, "requests to plugins are signed as a whole (v2=), not by their body").WithReason(core.ReasonSignatureMismatch)
	}
	p, err := n.verifyRequest(t.Endpoint, r)
	if err != nil {
		return nil, err
	}
	if n.Hooks == nil || !n.Hooks.Wants(t.Name, core.HookHTTP, plugin) {
		return nil, core.Errorf(core.CodeNotFound, "endpoint %s has no plugin %.40q that takes requests: list it in Plugins, and write \"http\" into hooks in its manifest", t.Name, plugin)
	}
	if t.hooks != nil && !t.hooks.Allow() {
		return nil, core.Errorf(core.CodeRateLimited, "more than %g requests to plugins a second (Limits.HooksPerSecond): wait a moment", t.Limits.HooksPerSecond)
	}
	if err := n.spendNonce(ctx, t.Name+"/"+p.credential, p.nonce, p.at); err != nil {
		return nil, err
	}
	type answer struct {
		data    []byte
		refusal *core.Error
	}
	answered := make(chan answer, 1) // Answer is called once, and never waits
	h.Answer = func(data []byte, refusal *core.Error) { answered <- answer{data, refusal} }
	ev := &core.ClientEvent{Kind: core.HookHTTP, Endpoint: t.Name, Event: plugin, Time: n.Now(), Data: r.Body, HTTP: h}
	v, err := n.Hooks.Decide(ctx, ev)
	if ev.Deferred == 0 || err != nil && n.pending.drop(ev.Deferred) {
		return v.Data, err
	}
	select {
	case a := <-answered:
		if a.refusal != nil {
			return nil, a.refusal
		}
		return a.data, nil
	case <-ctx.Done():
		n.pending.drop(ev.Deferred)
		return nil, core.Errorf(core.CodeUnavailable, "the server stops, or the caller has gone")
	}
}
