package local_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
	"github.com/driplet/driplet/core/engine/enginetest"
	"github.com/driplet/driplet/core/engine/local"
)

// restless is an engine that is closed and opened anew before every some
// calls, and does its housekeeping before others.
type restless struct {
	t    *testing.T
	mu   sync.RWMutex
	e    *local.Engine
	open func() *local.Engine
	some int
	left atomic.Int32 // restarts and sweeps: they take their time
}

func (r *restless) rest() {
	n := rand.IntN(r.some)
	if n > 2 || r.left.Add(-1) < 0 {
		return
	}
	switch n {
	case 0:
		r.mu.Lock()
		defer r.mu.Unlock()
		if err := r.e.Close(); err != nil {
			r.t.Error(err)
		}
		r.e = r.open()
	default:
		r.mu.RLock()
		defer r.mu.RUnlock()
		local.Tick(r.e)
	}
}

func (r *restless) Append(ctx context.Context, events []*core.Event, o engine.AppendOptions) ([]engine.Placed, error) {
	r.rest()
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.e.Append(ctx, events, o)
}

func (r *restless) Read(ctx context.Context, k core.TopicKey, since *core.Position, limit int) (core.Past, error) {
	r.rest()
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.e.Read(ctx, k, since, limit)
}

// restlessEngine is the whole of it; the rest is the present engine's.
type restlessEngine struct {
	*local.Engine
	*restless
}

func (r restlessEngine) Append(ctx context.Context, events []*core.Event, o engine.AppendOptions) ([]engine.Placed, error) {
	return r.restless.Append(ctx, events, o)
}

func (r restlessEngine) Read(ctx context.Context, k core.TopicKey, since *core.Position, limit int) (core.Past, error) {
	return r.restless.Read(ctx, k, since, limit)
}

func (r restlessEngine) Close() error { return r.e.Close() }

// TestDiskRestless: what topics keep does not depend on restarts, nor on what
// of it there is memory for.
func TestDiskRestless(t *testing.T) {
	for name, c := range map[string]struct {
		some  int
		bytes int64
	}{"little memory": {1 << 30, 3000}, "restarts": {60, 3000}} {
		t.Run(name, func(t *testing.T) {
			enginetest.RunHistory(t, func(t *testing.T, d engine.Deliverer, clock *enginetest.Clock) engine.Engine {
				path := t.TempDir()
				r := &restless{t: t, some: c.some, open: func() *local.Engine {
					return open(t, path, d, local.Options{Now: clock.Now, HistoryBytes: c.bytes})
				}}
				r.left.Store(150)
				r.e = r.open()
				return restlessEngine{r.e, r}
			})
		})
	}
}
