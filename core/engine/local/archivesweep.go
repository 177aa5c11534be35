package local

import (
	"encoding/binary"
	"errors"
	"sort"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core"
)

// A topic whose events grow too old one after the other is not looked at for
// each of them: an eighth of its age later, within these bounds.
const (
	sweepSoonest = 10 * time.Second
	sweepLatest  = time.Hour
)

// sweepStored removes what has grown too old from the store, and forgets
// topics of which nothing is left. It reads what is due, and of those topics
// as much as a search by time takes.
func (h *histories) sweepStored() error {
	if h.archive == nil {
		return nil
	}
	if err := h.flush(); err != nil {
		return err
	}
	now := h.now().UnixNano()
	for {
		due, err := h.archive.due(now)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, d := range due {
			if err := h.sweepTopic(d, now); err != nil {
				return err
			}
		}
	}
}

// dueTopic is a key of d.
type dueTopic struct {
	at  int64
	key core.TopicKey
}

func (a *archive) due(now int64) (due []dueTopic, err error) {
	it, err := a.store.db.NewIter(&pebble.IterOptions{LowerBound: []byte{duePrefix}, UpperBound: dueKey(now+1, core.TopicKey{})})
	if err != nil {
		return nil, err
	}
	for ok := it.First(); ok && len(due) < sweepSome; ok = it.Next() {
		at, k, whole := parseDue(it.Key())
		if !whole {
			if err := a.store.db.Delete(it.Key(), pebble.NoSync); err != nil {
				return nil, errors.Join(err, it.Close())
			}
			continue
		}
		due = append(due, dueTopic{at, k})
	}
	return due, errors.Join(it.Error(), it.Close())
}

func (h *histories) sweepTopic(d dueTopic, now int64) error {
	l := h.lanes.lock(d.key)
	defer h.lanes.unlock(d.key, l)
	b := h.archive.store.db.NewBatch()
	defer b.Close()
	t, err := h.find(d.key)
	if err != nil {
		return err
	}
	if t == nil || t.stored.due != d.at {
		if err := b.Delete(dueKey(d.at, d.key), nil); err != nil {
			return err
		}
	}
	if t != nil {
		defer h.release(t)
		if err := h.settle(t); err != nil {
			return err
		}
		if t.stored.due == d.at {
			if err := h.sweepEvents(b, t, now); err != nil {
				return err
			}
		}
	}
	return h.archive.store.commit(b)
}

// sweepEvents adds to a batch what becomes of a topic that is due.
func (h *histories) sweepEvents(b *pebble.Batch, t *topic, now int64) error {
	first, oldest, err := h.age(t, now)
	if err != nil {
		return err
	}
	h.mu.Lock()
	is := head{epoch: t.epoch, base: h.archive.base, offset: t.head, last: t.last, keep: t.keep}
	forget := t.forgettable(now)
	h.mu.Unlock()
	if forget {
		return h.forget(b, t)
	}
	if err := h.archive.trim(b, t, first); err != nil {
		return err
	}
	age := is.keep.Age
	switch {
	case age <= 0:
	case first > is.offset:
		is.due = is.last + int64(age+forgetAfter)
	default:
		is.due = max(oldest+int64(age), now+int64(min(max(age/8, sweepSoonest), sweepLatest)))
	}
	return h.archive.writeHead(b, t, is)
}

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

// forget removes a topic, head and all; one that begins there again has
// another epoch.
func (h *histories) forget(b *pebble.Batch, t *topic) error {
	h.mu.Lock()
	h.unload(t)
	h.mu.Unlock()
	if t.stored.due != 0 {
		if err := b.Delete(dueKey(t.stored.due, t.key), nil); err != nil {
			return err
		}
	}
	return h.erase(b, t.key)
}

// giveUp is forget of a topic that cannot be loaded.
func (h *histories) giveUp(k core.TopicKey) error {
	b := h.archive.store.db.NewBatch()
	defer b.Close()
	if err := h.erase(b, k); err != nil {
		return err
	}
	return h.archive.store.commit(b)
}

func (h *histories) erase(b *pebble.Batch, k core.TopicKey) error {
	h.mu.Lock()
	h.epochs.forget(k)
	forgotten := h.epochs.forgotten[bucketOf(k)]
	h.mu.Unlock()
	prefix := eventKeys(k)
	return errors.Join(
		b.Delete(headKey(k), nil),
		b.DeleteRange(prefix, after(prefix), nil),
		b.Set(bucketKey(bucketOf(k)), binary.AppendUvarint(nil, forgotten), nil),
	)
}
