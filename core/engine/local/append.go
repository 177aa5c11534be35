package local

import (
	"context"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// Append places events, see engine.Log. It has delivered them when it returns.
func (e *Engine) Append(ctx context.Context, events []*core.Event, o engine.AppendOptions) ([]engine.Placed, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Dedupe == nil {
		return e.filter(ctx, events, o.Filter)
	}
	return e.records.once(ctx, o.Dedupe, func() ([]engine.Placed, error) { return e.filter(ctx, events, o.Filter) })
}

// filter places what f makes of events.
func (e *Engine) filter(ctx context.Context, events []*core.Event, f engine.Filter) ([]engine.Placed, error) {
	if f == nil {
		return e.place(events), nil
	}
	kept := make([]*core.Event, 0, len(events))
	out := make([]engine.Placed, len(events))
	for i, ev := range events {
		ev, err := f(ctx, ev)
		if err != nil {
			return nil, err
		}
		if out[i].Dropped = ev == nil; ev != nil {
			kept = append(kept, ev)
		}
	}
	placed := e.place(kept)
	for i := range out {
		if !out[i].Dropped {
			out[i], placed = placed[0], placed[1:]
		}
	}
	return out, nil
}

// place delivers under the events' lanes. No topic keeps history yet, so it
// cannot fail, and the answer is the same for all.
func (e *Engine) place(events []*core.Event) []engine.Placed {
	switch len(events) {
	case 0:
	case 1:
		ev := events[0]
		l := e.lanes.lock(ev.Key)
		defer e.lanes.unlock(ev.Key, l)
		e.put(ev)
	default:
		defer e.lanes.lockAll(events)()
		for _, ev := range events {
			e.put(ev)
		}
	}
	if len(events) <= len(e.noPlace) {
		return e.noPlace[:len(events):len(events)]
	}
	return make([]engine.Placed, len(events))
}

func (e *Engine) put(ev *core.Event) {
	ev.Pos = core.Position{}
	e.deliver.Deliver(ev)
}

// Read tells what a topic keeps, see engine.Log.
func (e *Engine) Read(ctx context.Context, _ core.TopicKey, _ *core.Position, _ int) (core.Past, error) {
	return core.Past{}, ctx.Err()
}
