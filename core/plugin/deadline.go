package plugin

import (
	"context"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/driplet/driplet/core/plugin/meter"
)

// How guests are stopped: package meter rewrites them at load so that they
// call yield whenever their fuel is used up.

// fuelQuantum is the fuel between two looks at the clock: 20 to 100 us. But 22 ms
// and more where each store is the first one to its page, which the kernel clears: so
// who has less than touchTime left gets it by lateQuantum.
const (
	fuelQuantum = 100_000
	lateQuantum = 25_000
	touchTime   = 40 * time.Millisecond
)

// errOverflow stops a guest whose calls go too deep.
var errOverflow = fmt.Errorf("call depth: its calls go more than %d deep, or take more stack than it may", meter.DefaultDepth)

// instantiateMeter offers metered guests what they call.
func instantiateMeter(ctx context.Context, r wazero.Runtime) error {
	i64 := []api.ValueType{api.ValueTypeI64}
	_, err := r.NewHostModuleBuilder(meter.HostModule).
		NewFunctionBuilder().WithName(meter.HostYield).
		WithGoFunction(api.GoFunc(func(ctx context.Context, s []uint64) { s[0] = instanceOf(ctx).yield(int64(s[0])) }), i64, i64).
		Export(meter.HostYield).
		NewFunctionBuilder().WithName(meter.HostOverflow).
		WithGoFunction(api.GoFunc(func(context.Context, []uint64) { panic(errOverflow) }), nil, nil).
		Export(meter.HostOverflow).
		Instantiate(ctx)
	return err
}

// cost is how long the event has taken so far and the fuel that it took, when
// anybody wants to know; and what the guest's memory has grown by is told.
func (in *instance) cost() (took time.Duration, fuel int64) {
	h := in.b.host
	if h.Meter == nil && !in.traced {
		return 0, 0
	}
	in.resized()
	return in.clock() - in.began, in.spend()
}

// resized tells what the guest's memory has grown by since it was told last.
func (in *instance) resized() {
	if size := int64(in.mem.Size()); size != in.size && in.b.host.Meter != nil {
		in.b.host.Meter.Resized(in.b.Name, in.b.endpoint.Name, 0, size-in.size)
		in.size = size
	}
}

// yield looks at the clock and gives the guest fuel.
func (in *instance) yield(left int64) uint64 {
	quantum := int64(fuelQuantum)
	if in.look() < touchTime {
		quantum = lateQuantum
	}
	in.granted += quantum - left
	return uint64(quantum)
}

// used is the fuel that the guest has taken since it was made.
func (in *instance) used() int64 {
	if in.fuel == nil {
		return 0
	}
	return in.granted - int64(in.fuel.Get())
}

// spend is the fuel that the guest has taken since spend was called last.
func (in *instance) spend() int64 {
	used := in.used()
	n := used - in.spent
	in.spent = used
	return n
}

// instanceKey finds the running instance in a host call's context.
type instanceKey struct{}

// guestContext is the context of a call into a guest.
type guestContext struct {
	context.Context
	in *instance
}

// Value answers for instanceKey.
func (c *guestContext) Value(key any) any {
	if _, ok := key.(instanceKey); ok {
		return c.in
	}
	return nil
}

func instanceOf(ctx context.Context) *instance {
	if c, ok := ctx.(*guestContext); ok {
		return c.in
	}
	return ctx.Value(instanceKey{}).(*instance)
}

// begin sets the deadline of what runs next.
func (in *instance) begin(limit time.Duration) {
	in.began = in.clock()
	in.until, in.limit = in.began+limit, limit
	in.budget = clockBudget
}

// clock is the time since the instance was made, at half the price of time.Now.
func (in *instance) clock() time.Duration { return time.Since(in.made) }

// run calls fn, which must end within limit. stack holds its parameters and
// takes its results. After an error the instance must be thrown away.
func (in *instance) run(fn api.Function, stack []uint64, limit time.Duration) error {
	in.begin(limit)
	err := in.explain(stopped(fn.CallWithStack(&in.ctx, stack)))
	in.printed.end()
	return err
}
