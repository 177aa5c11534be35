package local

import (
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// stamps tells after an unclean end, when the nonces themselves are lost, which
// of them may have been spent: for each credential all up to the latest second
// that a request of its bore, which may be ahead of the end. One second is
// written for each that comes, not one for each request:
//
//	s <credential> -> latest, unknown   (unix seconds, big endian)
//
// The latest is on the disk before the first request of that second counts. Up
// to unknown an earlier unclean end has forgotten what was spent: that outlasts
// clean ends behind it.
type stamps struct {
	store *store   // nil: in memory, nothing is kept
	of    sync.Map // credential string to *stamp
}

// stamp is one credential's.
type stamp struct {
	unknown int64 // not written to after Open
	latest  atomic.Int64
	mu      sync.Mutex // held while latest is written
}

const stampPrefix = 's'

// stampsKept is how many seconds a stamp is kept that nobody uses any more: long
// enough for every clock that was set right meanwhile.
const stampsKept = 24 * 60 * 60

func stampKey(credential string) []byte { return append([]byte{stampPrefix}, credential...) }

// reach has second on the disk as one that credential has used. It reports
// whether it is known what was spent then.
func (s *stamps) reach(credential string, second int64) (known bool, err error) {
	if s.store == nil {
		return true, nil
	}
	v, ok := s.of.Load(credential)
	if !ok {
		v, _ = s.of.LoadOrStore(credential, new(stamp))
	}
	st := v.(*stamp)
	if second <= st.unknown {
		return false, nil
	}
	if second <= st.latest.Load() {
		return true, nil
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if second <= st.latest.Load() {
		return true, nil
	}
	if err := s.store.db.Set(stampKey(credential), stampOf(second, st.unknown), pebble.Sync); err != nil {
		return false, err
	}
	st.latest.Store(second)
	return true, nil
}

func stampOf(latest, unknown int64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(latest)), uint64(unknown))
}

// recall reads what the last process has used; clean: its nonces are known. What
// lies before floor is refused anyway, and forgotten.
func (s *stamps) recall(st *store, clean bool, floor int64) error {
	s.store = st
	it, err := st.db.NewIter(&pebble.IterOptions{LowerBound: []byte{stampPrefix}, UpperBound: []byte{stampPrefix + 1}})
	if err != nil {
		return err
	}
	b := st.db.NewBatch()
	defer b.Close()
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		if len(it.Value()) != 16 {
			err = b.Delete(it.Key(), nil) // damaged: as after a start without one
			continue
		}
		latest, unknown := int64(binary.BigEndian.Uint64(it.Value())), int64(binary.BigEndian.Uint64(it.Value()[8:]))
		if !clean {
			unknown = latest
		}
		if latest < floor {
			err = b.Delete(it.Key(), nil)
			continue
		}
		one := &stamp{unknown: unknown}
		one.latest.Store(latest)
		s.of.Store(string(it.Key()[1:]), one)
		err = b.Set(it.Key(), stampOf(latest, unknown), nil)
	}
	if err = errors.Join(err, it.Error(), it.Close()); err != nil || b.Empty() {
		return err
	}
	return b.Commit(pebble.Sync)
}
