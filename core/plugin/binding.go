package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/driplet/driplet/core"
)

// binding is a version of a plugin on one endpoint: its configuration and its
// instances, on the seat that it shares with the versions before and after it.
// Nothing of it is shared with another endpoint but the compiled code.
type binding struct {
	*module
	*seat
	config  []byte // JSON
	pools   []*pool
	kv      core.KV // set when it is about to serve: the quota is the manifest's
	breaker breaker
	toll    toll
	shaky   atomic.Int64 // until when (Unix nanoseconds); 0: it has not failed of late
	out     *outbound    // http_fetch
	unkept  sync.Once    // said that a topic keeps no history
}

// bind puts a module on an endpoint. Nothing runs yet. Whoever gets a binding
// releases it.
func (h *Host) bind(mod *module, ep *core.Endpoint) (*binding, error) {
	config, err := mod.configFor(ep)
	if err != nil {
		return nil, err
	}
	allowed, err := mod.allowedFor(ep, config)
	if err != nil {
		return nil, err
	}
	b := &binding{module: mod, seat: h.seat(mod.Name, ep), config: config}
	mod.users.Add(1)
	n := mod.poolSize()
	switch {
	case h.TakeTurns:
		b.pools = []*pool{newPool(2, true)}
	case mod.Limits.ByTopic:
		for range n {
			b.pools = append(b.pools, newPool(1, false))
		}
	default:
		b.pools = []*pool{newPool(n, false)}
	}
	b.out = b.newOutbound(allowed)
	return b, nil
}

// open gives the binding its store. Nobody uses the binding yet.
func (b *binding) open() {
	b.kv = b.host.Store.KV("plugin/"+b.Name+"/"+b.endpoint.Name, b.Grants.KV)
}

// release closes the instances, waiting for those in use, and the code after
// its last binding.
func (b *binding) release() error {
	for _, p := range b.pools {
		p.drain()
	}
	b.out.client.CloseIdleConnections()
	return b.module.release()
}

// configFor lays an endpoint's PluginConfig over the manifest's [config].
func (mod *module) configFor(ep *core.Endpoint) ([]byte, error) {
	config := map[string]any{}
	var known []string
	for k, v := range mod.Config {
		config[k] = v
		known = append(known, k)
	}
	for name, override := range ep.PluginConfig {
		if !strings.EqualFold(name, mod.Name) {
			continue
		}
	next:
		for k, v := range override {
			for _, own := range known {
				if strings.EqualFold(own, k) {
					config[own] = v
					continue next
				}
			}
			return nil, mod.errorf("Endpoints.%s.PluginConfig.%s.%s: %s.toml has no such key under [config]%s", ep.Name, mod.Name, k, mod.Name, suggest(k, known))
		}
	}
	out, err := json.Marshal(config)
	if err != nil {
		return nil, mod.errorf("its configuration for endpoint %s cannot be written as JSON: %w", ep.Name, err)
	}
	return out, nil
}

// pool is where an event's instance comes from.
func (b *binding) pool(topic string) *pool {
	if len(b.pools) == 1 {
		return b.pools[0]
	}
	sum := uint32(2166136261) // FNV-1a
	for i := range len(topic) {
		sum = (sum ^ uint32(topic[i])) * 16777619
	}
	return b.pools[sum%uint32(len(b.pools))]
}

// outcome is what became of an event.
type outcome struct {
	answer  []byte
	refusal *core.Error
	edit    *edit // of a publish
	fault   error // why a refusal cannot be passed on; then refusal says that the plugin failed
}

// errPaused: the breaker is open.
var errPaused = errors.New("paused")

// handle runs one event: checkout, handler, instance back, effects. err is a
// failure of the plugin or the lack of an instance, never a refusal. The caller
// has entered the binding's tenant.
func (b *binding) handle(ctx context.Context, input *Input, client *core.ClientEvent, wait time.Duration) (out outcome, err error) {
	if b.breaker.tripped.Load() {
		if left, open := b.breaker.open(time.Now()); open {
			b.count(input, "paused", 0, 0)
			return out, fmt.Errorf("%w for %v more", errPaused, left.Round(time.Second/10))
		}
	}
	p := b.pool(input.Topic)
	in, err := p.take(ctx, b, wait)
	if err != nil {
		if err == errBusy {
			b.count(input, "busy", 0, 0)
			return out, err
		}
		b.traced(&Trace{Plugin: b.Name, Version: b.Version, Endpoint: b.endpoint.Name, Input: *input, Failure: err})
		return out, b.failed(input, 0, 0, err)
	}
	if b.isShaky() && !in.enter(wait) {
		p.put(in)
		b.count(input, "busy", 0, 0)
		return out, errBusy
	}
	raw, refused, err := in.handle(input, client)
	if err == nil {
		out, err = b.judge(input.Kind, client, raw, refused)
	}
	fx := in.fx
	took, fuel := in.cost()
	trace := in.trace(input, took, fuel, out, err)
	if err != nil {
		rest := b.rest(in.clock() - in.began) // as it stood before this failure
		err = b.failed(input, took, fuel, err)
		p.discard(in, rest)
		b.traced(trace)
		return outcome{}, err
	}
	in.forget()
	p.put(in)
	if fx != nil {
		if refusal := b.apply(fx); refusal != nil && out.refusal == nil {
			out = outcome{refusal: refusal} // the store is full
			if trace != nil {
				trace.Answer, trace.Refusal = nil, refusal
			}
		}
		if trace == nil {
			b.host.release(fx)
		}
	}
	b.traced(trace)
	switch {
	case out.fault != nil:
		b.told(input).Error("the plugin failed", "error", out.fault)
		b.count(input, "failed", took, fuel)
	case out.refusal != nil:
		b.count(input, "refused", took, fuel)
	default:
		b.count(input, "ok", took, fuel)
	}
	return out, nil
}

// judge reads an answer as its kind has it (ABI.md, 2).
func (b *binding) judge(kind Kind, client *core.ClientEvent, raw []byte, refused bool) (out outcome, err error) {
	if refused {
		out.refusal, err = parseRefusal(b.Name, raw)
		if err != nil { // it meant to refuse: it has, whatever on_failure says
			out.refusal, out.fault = failure(b.Name), err
		}
		return out, nil
	}
	switch kind {
	case KindConnect, KindSubscribe:
		out.answer, out.refusal, err = parseVerdict(kind, raw)
	case KindPublish:
		if out.edit, err = b.host.parseEdit(raw); err != nil {
			out.edit = nil
		}
	case KindMessage, KindHTTP:
		if kind == KindHTTP && client == nil {
			return out, nil // the answer to the plugin's own request
		}
		if len(raw) == 0 || client != nil && client.Deferred != 0 {
			return out, nil
		}
		valid, compact := jsonText(raw)
		switch {
		case !valid:
			err = fmt.Errorf("its answer is not JSON: %.80q; answer with an object of the guest library, or with JSON text", raw[:min(len(raw), 4*80)]) // fmt copies all it is given
		case compact:
			out.answer = raw
		default:
			out.answer, err = core.CompactJSON(nil, raw)
		}
	}
	return out, err
}

// failed counts and logs a failure of the plugin.
func (b *binding) failed(input *Input, took time.Duration, fuel int64, err error) error {
	b.count(input, "failed", took, fuel)
	log := b.told(input)
	log.Error("the plugin failed", "error", err)
	b.shaky.Store(time.Now().Add(shakyTime).UnixNano())
	if b.host.Manual {
		return err
	}
	if pause := b.breaker.fail(time.Now()); pause > 0 {
		log.Error("the plugin failed again and again: it is paused on this endpoint", "pause", pause)
	}
	return err
}

func (b *binding) count(input *Input, outcome string, took time.Duration, fuel int64) {
	if m := b.host.Meter; m != nil {
		m.Handled(b.Name, b.endpoint.Name, input.Kind.String(), outcome, took, fuel)
	}
}

// told is the log for what became of an event.
func (b *binding) told(input *Input) *slog.Logger {
	return b.logger().With("kind", input.Kind.String(), "event", input.Event, "topic", input.Topic)
}

func (b *binding) logger() *slog.Logger {
	return b.host.Log.With("plugin", b.Name, "version", b.Version, "endpoint", b.endpoint.Name)
}

// failure is what callers hear of a plugin's failure: nothing of its inside.
func failure(plugin string) *core.Error {
	return core.Errorf(core.CodePluginFailed, "the plugin %s failed at this; the server's log says why", plugin)
}
