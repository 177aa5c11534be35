package plugin

import (
	"context"
	"errors"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"
)

// How guests are stopped at their deadline stands in this file alone: here by
// wazero, which looks at the call's context at every loop turn and call.

// stoppable configures a runtime whose guests can be stopped.
func stoppable(c wazero.RuntimeConfig) wazero.RuntimeConfig {
	return c.WithCloseOnContextDone(true)
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

// run calls fn, which must end within limit. stack holds its parameters and
// takes its results. After an error the instance must be thrown away.
func (in *instance) run(fn api.Function, stack []uint64, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	in.until = time.Now().Add(limit)
	in.budget = clockBudget
	err := fn.CallWithStack(&guestContext{ctx, in}, stack) // its own: wazero still looks at it for a moment after the call
	var exit *sys.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == sys.ExitCodeDeadlineExceeded {
		return errDeadline
	}
	return err
}
