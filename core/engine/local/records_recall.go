package local

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core/engine"
)

// formerRecords are the idempotency records that processes before this one
// stored. They are looked up one by one, for as long as one of them may count.
type formerRecords struct {
	store   *store
	log     *slog.Logger
	minutes []int64 // that have any
	until   int64   // unix nanoseconds
}

// recallRecords finds the minutes; the records stay where they are.
func (e *Engine) recallRecords() error {
	now := e.now().UnixNano()
	it, err := e.store.db.NewIter(&pebble.IterOptions{LowerBound: []byte{recordPrefix}, UpperBound: []byte{recordPrefix + 1}})
	if err != nil {
		return err
	}
	f := &formerRecords{store: e.store, log: e.log, until: now + int64(engine.DedupeWindow)}
	for ok := it.SeekGE(minuteKey(minuteOf(now - int64(engine.DedupeWindow)))); ok && len(it.Key()) > 8; {
		minute := int64(binary.BigEndian.Uint64(it.Key()[1:]))
		f.minutes = append(f.minutes, minute)
		ok = it.SeekGE(minuteKey(minute + 1))
	}
	if len(f.minutes) > 0 {
		e.records.former.Store(f)
	}
	return errors.Join(it.Error(), it.Close())
}

// recall brings a former process's record of a key into the table, if there is
// one that counts.
func (r *records) recall(d digest, key *engine.Dedupe) {
	f := r.former.Load()
	if f == nil {
		return
	}
	now := r.now().UnixNano()
	if now > f.until {
		r.former.Store(nil)
		return
	}
	for _, minute := range f.minutes {
		hash, at, placed, err := f.find(minute, d)
		if err != nil {
			f.log.Error("a stored idempotency record cannot be read: a repeated message may be sent twice", "err", err)
		}
		if placed != nil && now-at <= int64(engine.DedupeWindow) {
			r.restore(d, &record{hash: hash, holder: r.of(key.Scope), placed: placed, done: true}, max(0, now-at))
			return
		}
	}
}

func (f *formerRecords) find(minute int64, d digest) (hash [32]byte, at int64, placed []engine.Placed, err error) {
	value, closer, err := f.store.db.Get(recordKey(minute, d))
	if err != nil {
		if errors.Is(err, pebble.ErrNotFound) {
			err = nil
		}
		return hash, 0, nil, err
	}
	hash, at, placed, err = parseRecord(value)
	return hash, at, placed, errors.Join(err, closer.Close())
}

// restore files a record whose success lies back some nanoseconds.
func (r *records) restore(d digest, rec *record, back int64) {
	now := r.elapsed()
	s := r.lock(d, now)
	defer s.mu.Unlock()
	if s.entries[d] != nil {
		return
	}
	r.force(rec.holder, 1)
	s.entries[d] = rec
	s.file(now-back/int64(time.Second), rec.holder, d)
}

// sweepRecords drops the minutes that are over.
func (st *store) sweepRecords() error {
	first, end := []byte{recordPrefix}, minuteKey(minuteOf(st.now().Add(-engine.DedupeWindow).UnixNano()))
	it, err := st.db.NewIter(&pebble.IterOptions{LowerBound: first, UpperBound: end})
	if err != nil {
		return err
	}
	some := it.First()
	if err := errors.Join(it.Error(), it.Close()); err != nil || !some {
		return err
	}
	b := st.db.NewBatch()
	defer b.Close()
	if err := b.DeleteRange(first, end, nil); err != nil {
		return err
	}
	return st.commit(b)
}
