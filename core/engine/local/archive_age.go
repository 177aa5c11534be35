package local

import (
	"errors"
	"sort"

	"github.com/driplet/driplet/core"
)

// age brings t.first up to the oldest event that is not too old, under the
// lane, with nothing of the topic pending; oldest is its time.
func (h *histories) age(t *topic, now int64) (first uint64, oldest int64, err error) {
	h.mu.Lock()
	h.trim(t, now)
	first, end := t.first, t.ringFirst()
	oldest = t.last
	if t.ring.n > 0 {
		oldest = t.ring.at(0).at
	}
	keep := t.keep
	h.mu.Unlock()
	if first >= end {
		return first, oldest, nil
	}
	// Times grow along a topic: the first that is young enough is searched for.
	n := sort.Search(int(end-first), func(i int) bool {
		at, e := h.archive.placedAt(t.key, first+uint64(i))
		err = errors.Join(err, e)
		return e == nil && (keep.Age <= 0 || now-at < int64(keep.Age))
	})
	if err != nil {
		h.archive.complain(t.key, err)
	}
	if first += uint64(n); first < end {
		if at, err := h.archive.placedAt(t.key, first); err == nil {
			oldest = at
		}
	}
	h.mu.Lock()
	t.first = max(t.first, first)
	h.mu.Unlock()
	return first, oldest, nil
}

// placedAt is the time of a stored event.
func (a *archive) placedAt(k core.TopicKey, offset uint64) (int64, error) {
	value, closer, err := a.store.db.Get(eventKey(k, offset))
	if err != nil {
		return 0, err
	}
	at, err := placedAt(value)
	return at, errors.Join(err, closer.Close())
}
