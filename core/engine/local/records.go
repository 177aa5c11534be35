package local

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/driplet/driplet/core/engine"
)

// DefaultRecordCapacity bounds the idempotency records remembered at once:
// 3,300 new keys a second over DedupeWindow, at about 200 bytes each. Past it
// a new key is refused with engine.ErrFull and known ones go on answering: a
// record forgotten early would deliver a retry twice.
const DefaultRecordCapacity = 1_000_000

const dedupeSeconds = int64(engine.DedupeWindow / time.Second)

// records is the table of idempotent appends, by scope and key. Its time is
// what has elapsed since the start, so the wall clock may step as it likes.
type records struct {
	ageing[*record]
	now   func() time.Time
	start time.Time
	// former is nil where there is nothing to find.
	former atomic.Pointer[formerRecords]
}

// record is one append. Guarded by its shard, but for what its owner is placing.
type record struct {
	hash    [32]byte
	holder  *holder
	placed  []engine.Placed // the owner's until done; never nil then
	done    bool
	settled chan struct{} // made by the first who waits; closed when done or failed
}

func newRecords(now func() time.Time, capacity int64) *records {
	r := &records{now: now, start: now()}
	r.init(capacity, dedupeSeconds, 0, -dedupeSeconds)
	return r
}

func (r *records) elapsed() int64 {
	return r.advance(int64(r.now().Sub(r.start) / time.Second))
}

func (r *records) sweep() bool { return r.sweepTo(r.elapsed()) }

// once runs place unless the key was used, see engine.Dedupe.
func (r *records) once(ctx context.Context, key *engine.Dedupe, place func() ([]engine.Placed, error)) ([]engine.Placed, error) {
	d := digestOf(key.Scope, key.Key)
	r.recall(d, key)
	for {
		c, err := r.claim(d, key)
		switch {
		case err == engine.ErrFull && r.sweep():
		case err != nil:
			return nil, err
		case c.mine != nil:
			return r.settle(d, c.mine, place)
		case c.wait == nil:
			return c.answer, nil
		default:
			select {
			case <-c.wait:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
}

// claimed is what asking for a key comes to: one of the three.
type claimed struct {
	mine   *record         // nobody had it: place, then settle
	wait   <-chan struct{} // somebody is placing: ask again then
	answer []engine.Placed // it was placed
}

func (r *records) claim(d digest, key *engine.Dedupe) (claimed, error) {
	s := r.lock(d, r.elapsed())
	defer s.mu.Unlock()
	rec := s.entries[d]
	if rec == nil {
		h := r.of(key.Scope)
		if !r.take(h) {
			return claimed{}, engine.ErrFull
		}
		rec = &record{hash: key.Hash, holder: h}
		s.entries[d] = rec
		return claimed{mine: rec}, nil
	}
	if !rec.done {
		if rec.settled == nil {
			rec.settled = make(chan struct{})
		}
		return claimed{wait: rec.settled}, nil
	}
	if rec.hash != key.Hash {
		return claimed{}, engine.ErrConflict
	}
	again := make([]engine.Placed, len(rec.placed))
	for i, p := range rec.placed {
		again[i] = engine.Placed{Pos: p.Pos, Duplicate: true, Dropped: p.Dropped}
	}
	return claimed{answer: again}, nil
}

// settle places, and in the same step for all who ask records it. A failure,
// and what does not return (a panic), leaves no record.
func (r *records) settle(d digest, rec *record, place func() ([]engine.Placed, error)) (placed []engine.Placed, err error) {
	defer func() {
		s := r.lock(d, r.elapsed())
		defer s.mu.Unlock()
		if rec.done = rec.placed != nil; rec.done {
			s.file(r.time.Load(), rec.holder, d)
		} else {
			delete(s.entries, d)
			r.give(rec.holder, 1)
		}
		if rec.settled != nil {
			close(rec.settled)
		}
	}()
	if placed, err = place(); err == nil {
		rec.placed = placed
	}
	return placed, err
}
