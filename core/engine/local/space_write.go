package local

import (
	"encoding/binary"

	"github.com/RaduBerinde/btreemap"
	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core"
)

// change is a write together with what it replaces.
type change struct {
	core.Write
	expiry int64
	was    held // what a reader finds now
	stored held // what the database holds
}

// growth is what changes add to the bytes held.
func growth(changes []change) (n int64) {
	for _, c := range changes {
		if n -= c.was.size; c.Value != nil {
			n += sizeOf(c.Key, c.Value)
		}
	}
	return n
}

// write makes changes of different keys if the quota allows them. Under mu.
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
			again, err := s.inspect(c.Write, nil)
			if err != nil {
				return err
			}
			changes[i].was, changes[i].stored = again.was, again.stored
		}
		if grown = growth(changes); grown > 0 && s.used+grown > s.quota {
			return core.ErrQuota
		}
	}
	for _, c := range changes {
		s.stage(c)
	}
	s.used += grown
	if s.pending.Len() < maxPending && s.waiting < maxPendingBytes {
		return nil
	}
	return s.flush()
}

// stage lets readers see a change.
func (s *space) stage(c change) {
	if c.Value == nil && !c.stored.found {
		if _, was, waited := s.pending.Delete(c.Key); waited {
			s.waiting -= len(c.Key) + len(was.value)
		}
		return
	}
	p := pending{pair: pair{expiry: c.expiry}, stored: c.stored}
	if c.Value != nil {
		p.value = copyOf(c.Value)
	}
	_, was, waited := s.pending.ReplaceOrInsert(c.Key, p)
	s.waiting += len(p.value) - len(was.value)
	if !waited {
		s.waiting += len(c.Key)
	}
}

// flush brings what is pending into the database, in one commit. Under mu.
func (s *space) flush() error {
	if s.pending.Len() == 0 {
		return nil
	}
	b := s.store.db.NewBatch()
	defer b.Close()
	for key, p := range s.pending.Ascend(btreemap.Min[string](), btreemap.Max[string]()) {
		if err := s.put(b, key, p); err != nil {
			return err
		}
	}
	if err := s.store.commit(b); err != nil {
		return err
	}
	s.pending.Clear(true)
	s.waiting = 0
	return nil
}

// put adds a pair to a batch, with its entry by the end of its lifetime.
func (s *space) put(b *pebble.Batch, key string, p pending) error {
	if old := p.stored.expiry; old != noExpiry && (p.value == nil || old != p.expiry) {
		if err := b.Delete(s.keys.ofExpiry(old, key), nil); err != nil {
			return err
		}
	}
	if p.value == nil {
		return b.Delete(s.keys.ofPair(key), nil)
	}
	if p.expiry != noExpiry {
		size := binary.AppendUvarint(nil, uint64(sizeOf(key, p.value)))
		if err := b.Set(s.keys.ofExpiry(p.expiry, key), size, nil); err != nil {
			return err
		}
		s.sweptTo = min(s.sweptTo, p.expiry) // the clock may have stepped back
	}
	return b.Set(s.keys.ofPair(key), p.appendTo(nil), nil)
}

// count adds up what the namespace holds, before its first write. Under mu.
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
