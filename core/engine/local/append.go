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
		return e.filter(ctx, events, o)
	}
	return e.records.once(ctx, o.Dedupe, func() ([]engine.Placed, error) { return e.filter(ctx, events, o) })
}

// filter places what the filter makes of events.
func (e *Engine) filter(ctx context.Context, events []*core.Event, o engine.AppendOptions) ([]engine.Placed, error) {
	if o.Filter == nil {
		return e.place(events, o.Dedupe, nil)
	}
	left := make([]*core.Event, 0, len(events))
	out := make([]engine.Placed, len(events))
	for i, ev := range events {
		ev, err := o.Filter(ctx, ev)
		if err != nil {
			return nil, err
		}
		if out[i].Dropped = ev == nil; ev != nil {
			left = append(left, ev)
		}
	}
	placed, err := e.place(left, o.Dedupe, out)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if !out[i].Dropped {
			out[i], placed = placed[0], placed[1:]
		}
	}
	return out, nil
}

// place gives the events their places and delivers them, under their lanes.
// Filtered tells what the filter dropped of those that were asked for.
func (e *Engine) place(events []*core.Event, d *engine.Dedupe, filtered []engine.Placed) ([]engine.Placed, error) {
	if e.archived(events) {
		if err := e.placeStored(events, d, filtered); err != nil {
			return nil, err
		}
		return e.answer(events), nil
	}
	e.putAll(events)
	e.deliver.Settle()
	return e.answer(events), nil
}

func (e *Engine) putAll(events []*core.Event) {
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
}

func (e *Engine) put(ev *core.Event) {
	ev.Pos = core.Position{}
	if ev.Keep.Size > 0 {
		e.histories.put(ev)
	}
	e.deliver.Deliver(ev)
}

// answer tells where events were placed. Those without history share one.
func (e *Engine) answer(events []*core.Event) []engine.Placed {
	if n := len(events); n <= len(e.noPlace) && !keepsAny(events) {
		return e.noPlace[:n:n]
	}
	out := make([]engine.Placed, len(events))
	for i, ev := range events {
		out[i].Pos = ev.Pos
	}
	return out
}

func keepsAny(events []*core.Event) bool {
	for _, ev := range events {
		if ev.Keep.Size > 0 {
			return true
		}
	}
	return false
}
