package local

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core/engine"
)

// change is a write together with what it replaces.
type change struct {
	engine.Write
	expiry int64
	was    replaced
}

// replaced is what a key held before, over or not, until it is swept.
type replaced struct {
	found  bool
	expiry int64
	size   int64 // of key and value
}

func (r replaced) over(now int64) bool { return pair{expiry: r.expiry}.over(now) }

// growth is what changes add to the bytes stored.
func growth(changes []change) (n int64) {
	for _, c := range changes {
		if n -= c.was.size; c.Value != nil {
			n += sizeOf(c.Key, c.Value)
		}
	}
	return n
}

// write commits changes of different keys if the quota allows them. Under mu.
func (s *space) write(now int64, changes []change) error {
	if err := s.count(); err != nil {
		return err
	}
	grown := growth(changes)
	if s.used+grown > s.quota {
		// What is over holds no quota: sweep it, and count again.
		if err := s.sweep(now); err != nil {
			return err
		}
		for i, c := range changes {
			if c.was.over(now) {
				changes[i].was = replaced{}
			}
		}
		if grown = growth(changes); grown > 0 && s.used+grown > s.quota {
			return engine.ErrQuota
		}
	}
	b := s.store.db.NewBatch()
	defer b.Close()
	for _, c := range changes {
		if err := s.stage(b, c); err != nil {
			return err
		}
	}
	if b.Empty() {
		return nil
	}
	if err := s.store.commit(b); err != nil {
		return err
	}
	s.used += grown
	return nil
}

// stage adds a change to a batch, with the entry by its lifetime's end.
func (s *space) stage(b *pebble.Batch, c change) error {
	var space [256]byte
	if c.was.expiry != noExpiry && (c.Value == nil || c.was.expiry != c.expiry) {
		if err := b.Delete(s.keys.appendExpiry(space[:0], c.was.expiry, c.Key), nil); err != nil {
			return err
		}
	}
	if c.Value == nil {
		if !c.was.found {
			return nil
		}
		return b.Delete(s.keys.appendPair(space[:0], c.Key), nil)
	}
	if c.expiry != noExpiry {
		key := s.keys.appendExpiry(space[:0], c.expiry, c.Key)
		var size [binary.MaxVarintLen64]byte
		n := binary.PutUvarint(size[:], uint64(sizeOf(c.Key, c.Value)))
		if err := b.Set(key, size[:n], nil); err != nil {
			return err
		}
		s.sweptTo = min(s.sweptTo, c.expiry) // the clock may have stepped back
	}
	key := s.keys.appendPair(space[:0], c.Key)
	op := b.SetDeferred(len(key), expiryBytes+len(c.Value))
	copy(op.Key, key)
	binary.BigEndian.PutUint64(op.Value, uint64(c.expiry))
	copy(op.Value[expiryBytes:], c.Value)
	return op.Finish()
}

// count adds up what the namespace holds, once. Under mu.
func (s *space) count() error {
	if s.used != unknown {
		return nil
	}
	it, err := s.store.db.NewIter(&pebble.IterOptions{LowerBound: s.keys.pair, UpperBound: after(s.keys.pair)})
	if err != nil {
		return err
	}
	var used int64
	for ok := it.First(); ok; ok = it.Next() {
		used += int64(len(it.Key()) - len(s.keys.pair) + len(it.Value()) - expiryBytes)
	}
	if err := it.Close(); err != nil {
		return err
	}
	s.used = used
	return nil
}
