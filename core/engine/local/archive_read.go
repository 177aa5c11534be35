package local

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core"
)

// knows reports whether there is something stored of a topic. A fault counts
// as yes: who loads it hears of it.
func (a *archive) knows(k core.TopicKey) bool {
	_, closer, err := a.store.db.Get(headKey(k))
	if err != nil {
		return !errors.Is(err, pebble.ErrNotFound)
	}
	return closer.Close() == nil
}

// load reads what is stored of a topic, under its lane; nil: nothing. What
// cannot be made sense of is given up, so that the topic goes on.
func (h *histories) load(k core.TopicKey) (*topic, error) {
	a := h.archive
	t, err := a.load(k)
	if err != nil {
		a.log.Error("the history of a topic is damaged: it begins anew", "endpoint", k.Endpoint, "topic", k.Topic, "err", err)
		return nil, h.giveUp(k)
	}
	if t != nil && t.epoch == "" {
		h.mu.Lock()
		t.epoch = h.epochs.of(k)
		h.mu.Unlock()
	}
	return t, nil
}

func (a *archive) load(k core.TopicKey) (*topic, error) {
	value, closer, err := a.store.db.Get(headKey(k))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	is, err := parseHead(value)
	if err = errors.Join(err, closer.Close()); err != nil {
		return nil, err
	}
	t := newTopic(k, is.epoch)
	t.keep, t.head, t.last = is.keep, is.offset, is.last
	t.stored = stored{known: true, keep: is.keep, due: is.due}
	if is.base != a.base && is.keep.Sync != core.SyncAlways {
		// The last end was not a clean one: events that were heard may be lost.
		t.epoch, t.stored.known = "", false
	}
	if err := a.ends(t); err != nil {
		return nil, err
	}
	t.trim(t.last)
	return t, nil
}

// ends finds the first and the last event that lie in the store.
func (a *archive) ends(t *topic) error {
	prefix := eventKeys(t.key)
	it, err := a.store.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return err
	}
	if it.Last() {
		if last := offsetOf(it.Key()); last >= t.head {
			t.head = last
			if at, err := placedAt(it.Value()); err == nil {
				t.last = max(t.last, at)
			}
		}
	}
	t.first, t.stored.from = t.head+1, t.head+1
	if it.First() {
		t.first = offsetOf(it.Key())
		t.stored.from = t.first
	}
	return errors.Join(it.Error(), it.Close())
}

// read reads a view's stored events, those that are too old and everything
// before them left out. Lost is the last offset that cannot be read, if any.
func (a *archive) read(k core.TopicKey, v view, over func(at int64) bool) (found []kept, lost uint64) {
	to := v.from + uint64(v.stored)
	next, err := v.from, error(nil)
	it, err := a.store.db.NewIter(&pebble.IterOptions{LowerBound: eventKey(k, v.from), UpperBound: eventKey(k, to)})
	if err != nil {
		a.complain(k, err)
		return nil, to - 1
	}
	for ok := it.First(); ok; ok = it.Next() {
		offset := offsetOf(it.Key())
		if offset != next {
			found = nil // trimmed, or a hole: only what comes after is whole
		}
		next = offset + 1
		e, err := parseEvent(it.Value())
		switch {
		case err != nil:
			a.complain(k, fmt.Errorf("offset %d: %w", offset, err))
			found, lost = nil, offset
		case over(e.at):
			found = nil
		default:
			e.event.Key, e.event.Keep, e.event.Pos = k, v.keep, core.Position{Epoch: v.past.Head.Epoch, Offset: offset}
			found = append(found, e)
		}
	}
	if err := errors.Join(it.Error(), it.Close()); err != nil {
		a.complain(k, err)
		return nil, to - 1
	}
	if next != to {
		return nil, lost // the newest of them is missing
	}
	return found, lost
}

func (a *archive) complain(k core.TopicKey, err error) {
	a.log.Error("a part of a topic's history is damaged: whoever asks for it is told that it is gone", "endpoint", k.Endpoint, "topic", k.Topic, "err", err)
}
