package local

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// The base of epochs outlasts a clean end. After another one, events may have
// been heard that never reached the disk, so that their offsets are given
// again: a new base is drawn, and every topic whose events are not kept with
// SyncAlways gets a new epoch.
//
//	m b  -> the base
//	m c  -> nothing: the mark of a clean end
//
// Close writes the mark last. It is removed, synced, before anything is
// served.
var (
	baseKey  = []byte{metaPrefix, 'b'}
	cleanKey = []byte{metaPrefix, 'c'}
)

// recallHistories finds out in which epochs topics go on.
func (e *Engine) recallHistories() error {
	h := e.histories
	base, clean, err := e.readBase()
	if err != nil {
		e.log.Error("the histories' epochs cannot be read: every topic that is not kept with \"always\" gets a new one", "err", err)
	}
	h.archive = newArchive(e.store, e.log)
	b := e.store.db.NewBatch()
	defer b.Close()
	if err == nil && clean && len(base) == epochBytes {
		h.epochs.base = base
		err = e.recallBuckets()
	}
	if h.epochs.base != base || err != nil {
		h.epochs = newEpochs()
		err = errors.Join(
			b.Set(baseKey, []byte(h.epochs.base), nil),
			b.DeleteRange([]byte{bucketPrefix}, []byte{bucketPrefix + 1}, nil),
		)
	}
	h.archive.base = h.epochs.base
	if err = errors.Join(err, b.Delete(cleanKey, nil), b.Commit(pebble.Sync)); err != nil {
		return fmt.Errorf("engine: the data folder %s cannot be written to: %w", e.path, err)
	}
	return nil
}

func (e *Engine) readBase() (base string, clean bool, err error) {
	it, err := e.store.db.NewIter(&pebble.IterOptions{LowerBound: baseKey, UpperBound: []byte{metaPrefix + 1}})
	if err != nil {
		return "", false, err
	}
	for ok := it.First(); ok; ok = it.Next() {
		switch string(it.Key()) {
		case string(baseKey):
			base = string(it.Value())
		case string(cleanKey):
			clean = true
		}
	}
	return base, clean, errors.Join(it.Error(), it.Close())
}

// recallBuckets reads how many topics were forgotten.
func (e *Engine) recallBuckets() error {
	it, err := e.store.db.NewIter(&pebble.IterOptions{LowerBound: []byte{bucketPrefix}, UpperBound: []byte{bucketPrefix + 1}})
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		n, size := binary.Uvarint(it.Value())
		if len(it.Key()) != 3 || size <= 0 {
			return errors.Join(errHeadRecord, it.Close())
		}
		e.histories.epochs.forgotten[binary.BigEndian.Uint16(it.Key()[1:])] = n
	}
	return errors.Join(it.Error(), it.Close())
}

// rememberHistories writes what is pending, and the mark.
func (e *Engine) rememberHistories() error {
	if err := e.histories.flush(); err != nil {
		return err
	}
	return e.store.db.Set(cleanKey, nil, pebble.Sync)
}
