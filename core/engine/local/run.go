package local

import (
	"context"
	"errors"
	"time"
)

const (
	// SyncInterval bounds what a crash of the machine loses of plugins' state.
	// An fsync takes 0.1 to 10 ms: one a second is nothing, one a write is.
	SyncInterval = time.Second

	// sweepTicks is how many ticks pass between two sweeps of expired pairs.
	// They are invisible anyway, and a write that needs their room sweeps.
	sweepTicks = 10
)

// Run syncs the store every SyncInterval and forgets what is over, until ctx
// is done. It is called once; its end precedes Close.
func (e *Engine) Run(ctx context.Context) {
	t := time.NewTicker(SyncInterval)
	defer t.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			e.tick(n%sweepTicks == 0)
		}
	}
}

func (e *Engine) tick(sweep bool) {
	e.closing.Lock()
	defer e.closing.Unlock()
	if e.closed {
		return
	}
	e.nonces.sweep()
	e.records.sweep()
	if sweep {
		e.histories.sweep()
		if err := errors.Join(e.histories.sweepStored(), e.store.sweepRecords()); err != nil {
			e.log.Error("history that is too old was not removed", "err", err)
		}
		if err := e.store.sweep(); err != nil {
			e.log.Error("expired plugin state was not removed", "err", err)
		}
	}
	if err := e.histories.flush(); err != nil {
		e.log.Error("topics' history was not written", "err", err)
	}
	if err := e.store.sync(); err != nil {
		e.log.Error("the data folder was not synced to disk", "err", err)
	}
}
