package local

import (
	"errors"
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
