package plugin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/driplet/driplet/core"
)

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
	p := b.pool(input.Topic)
	in, err := b.checkout(ctx, p, input, wait)
	if err != nil {
		return out, err
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

// checkout takes an instance for an event out of p, unless the plugin is paused.
// What it returns an error for is counted, and told where it is a failure.
func (b *binding) checkout(ctx context.Context, p *pool, input *Input, wait time.Duration) (*instance, error) {
	if b.breaker.tripped.Load() {
		if left, open := b.breaker.open(time.Now()); open {
			b.count(input, "paused", 0, 0)
			return nil, fmt.Errorf("%w for %v more", errPaused, left.Round(time.Second/10))
		}
	}
	in, err := p.take(ctx, b, wait)
	if err == nil && b.isShaky() && !in.enter(wait) {
		p.put(in)
		err = errBusy
	}
	switch err {
	case nil:
		return in, nil
	case errBusy:
		b.count(input, "busy", 0, 0)
		return nil, err
	}
	b.traced(&Trace{Plugin: b.Name, Version: b.Version, Endpoint: b.endpoint.Name, Input: *input, Failure: err})
	return nil, b.failed(input, 0, 0, err)
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

// failure is what callers hear of a plugin's failure: nothing of its inside.
func failure(plugin string) *core.Error {
	return core.Errorf(core.CodePluginFailed, "the plugin %s failed at this; the server's log says why", plugin)
}
