package local

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"
)

// sweepBatch bounds one commit of a sweep.
const sweepBatch = 1000

// sweep removes the pairs whose lifetime is over at now. Under mu.
func (s *space) sweep(now int64) error {
	if err := s.flush(); err != nil || now < s.sweptTo {
		return err
	}
	// Beginning where the last one ended steps over what that one deleted.
	it, err := s.store.db.NewIter(&pebble.IterOptions{
		LowerBound: s.keys.ofExpiry(s.sweptTo, ""),
		UpperBound: s.keys.ofExpiry(now+1, ""),
	})
	if err != nil {
		return err
	}
	defer it.Close()
	for more := it.First(); more; {
		if more, err = s.sweepSome(it); err != nil {
			return err
		}
	}
	if err := it.Error(); err != nil {
		return err
	}
	s.sweptTo = now + 1
	return nil
}

func (s *space) sweepSome(it *pebble.Iterator) (more bool, err error) {
	b := s.store.db.NewBatch()
	defer b.Close()
	var freed int64
	more = true
	for n := 0; more && n < sweepBatch; n++ {
		size, _ := binary.Uvarint(it.Value())
		freed += int64(size)
		key := it.Key()[len(s.keys.expiry)+expiryBytes:]
		if err := b.Delete(s.keys.ofPair(string(key)), nil); err != nil {
			return false, err
		}
		if err := b.Delete(it.Key(), nil); err != nil {
			return false, err
		}
		more = it.Next()
	}
	if err := s.store.commit(b); err != nil {
		return false, err
	}
	if s.used != unknown {
		s.used -= freed
	}
	return more, nil
}

// sweep removes what is over in every namespace, also in those that nobody
// has opened: the plugin may be gone.
func (st *store) sweep() error {
	now := st.now().UnixNano()
	for from := []byte{expiryPrefix}; ; {
		namespace, ok, err := st.nextExpiring(from)
		if err != nil || !ok {
			return err
		}
		s := st.space(namespace)
		s.mu.Lock()
		err = s.sweep(now)
		s.mu.Unlock()
		if err != nil {
			return err
		}
		from = after(s.keys.expiry)
	}
}

// nextExpiring finds the first namespace from a key on that holds lifetimes.
func (st *store) nextExpiring(from []byte) (namespace string, ok bool, err error) {
	it, err := st.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: []byte{expiryPrefix + 1}})
	if err != nil {
		return "", false, err
	}
	if it.First() {
		namespace, ok = namespaceOf(it.Key())
	}
	return namespace, ok, it.Close()
}
