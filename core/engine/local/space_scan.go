package local

import (
	"bytes"
	"context"
	"iter"
	"strings"

	"github.com/RaduBerinde/btreemap"
	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core"
)

// Scan lists pairs, see core.KV. It merges what is pending with what is
// stored; at one key the first stands before the second.
func (s *space) Scan(ctx context.Context, prefix string, o core.ScanOptions) ([]core.Pair, error) {
	if err := ctx.Err(); err != nil || o.Limit < 1 {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := reach(prefix, &o)
	if r.empty() {
		return nil, nil
	}
	it, err := s.store.db.NewIter(s.boundsOf(r))
	if err != nil {
		return nil, err
	}
	c := collector{now: s.now(), ScanOptions: o}
	stored := cursor{it: it, skip: len(s.keys.pair), next: it.Next}
	if o.Reverse {
		stored.next = it.Prev
		stored.valid = it.Last()
	} else {
		stored.valid = it.First()
	}
	for key, p := range s.pendingIn(r, o.Reverse) {
		// The stored pairs that come before, and one that key replaces.
		for stored.valid && !c.full() {
			order := strings.Compare(string(stored.key()), key)
			if o.Reverse {
				order = -order
			}
			if order > 0 {
				break
			}
			if order < 0 {
				c.add(string(stored.key()), parsePair(it.Value()))
			}
			stored.valid = stored.next()
		}
		if c.full() {
			break
		}
		if p.value != nil {
			c.add(key, p.pair)
		}
	}
	for ; stored.valid && !c.full(); stored.valid = stored.next() {
		c.add(string(stored.key()), parsePair(it.Value()))
	}
	return c.found, it.Close()
}

// cursor walks the stored pairs of a namespace.
type cursor struct {
	it    *pebble.Iterator
	skip  int // the namespace before the key
	valid bool
	next  func() bool
}

func (c *cursor) key() []byte { return c.it.Key()[c.skip:] }

// collector takes what is not over until it has enough.
type collector struct {
	core.ScanOptions
	now   int64
	found []core.Pair
	bytes int
}

func (c *collector) full() bool {
	return len(c.found) == c.Limit || c.Bytes > 0 && c.bytes >= c.Bytes
}

func (c *collector) add(key string, p pair) {
	if !p.over(c.now) && !c.Without[key] {
		c.found = append(c.found, core.Pair{Key: key, Value: c.copy(p.value)})
		c.bytes += len(key) + len(p.value)
	}
}

// copy copies a value to the room, as long as there is some.
func (c *collector) copy(value []byte) []byte {
	at := len(c.Room)
	if len(value) == 0 || len(value) > cap(c.Room)-at {
		return bytes.Clone(value)
	}
	c.Room = append(c.Room, value...)
	return c.Room[at:len(c.Room):len(c.Room)]
}

// span is where a scan looks: from the key from to before the key to, or to the
// namespace's end.
type span struct {
	from, to string
	bounded  bool // there is a to
}

// reach is where the pairs lie that start with prefix and are not passed yet.
func reach(prefix string, o *core.ScanOptions) span {
	r := span{from: prefix}
	r.to, r.bounded = afterString(prefix)
	switch {
	case o.After == "":
	case !o.Reverse:
		r.from = max(r.from, o.After+"\x00")
	case !r.bounded || o.After < r.to:
		r.to, r.bounded = o.After, true
	}
	return r
}

func (r span) empty() bool { return r.bounded && r.from >= r.to }

// boundsOf is the span among the store's keys: an iterator's first and last step
// seek its bounds.
func (s *space) boundsOf(r span) *pebble.IterOptions {
	o := &pebble.IterOptions{LowerBound: s.keys.ofPair(r.from), UpperBound: after(s.keys.pair)}
	if r.bounded {
		o.UpperBound = s.keys.ofPair(r.to)
	}
	return o
}

// pendingIn walks the pending pairs of a span. Under mu.
func (s *space) pendingIn(r span, reverse bool) iter.Seq2[string, pending] {
	from, to := btreemap.GE(r.from), btreemap.Max[string]()
	if r.bounded {
		to = btreemap.LT(r.to)
	}
	if reverse {
		return s.pending.Descend(to, from)
	}
	return s.pending.Ascend(from, to)
}
