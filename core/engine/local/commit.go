package local

import (
	"errors"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core"
)

// committer brings appends to the disk that must be there before they are
// heard. An fsync takes 0.1 to 10 ms, whatever it carries: who comes while one
// is under way waits, and the first of those takes all that wait into the
// next. It works in the callers' goroutines; nothing runs in the background.
type committer struct {
	mu      sync.Mutex
	busy    bool
	waiting []*request
}

// request is an append that waits for the disk.
type request struct {
	events []*core.Event
	record *recordToStore // of its idempotency key; nil: none
	bytes  int            // about what it stores
	turn   chan bool      // true: it is told err; false: it is its turn to commit
	err    error
}

// A commit takes at most this much: those behind should not wait for so long
// a batch to be made.
const (
	maxCommit      = 1000
	maxCommitBytes = 1 << 20
)

// errBroken is told to those whose commit a panic ended.
var errBroken = errors.New("engine: the append was broken off")

// place commits the request, alone or with others.
func (c *committer) place(e *Engine, r *request) error {
	for _, ev := range r.events {
		r.bytes += len(ev.Data)
	}
	c.mu.Lock()
	if c.busy {
		r.turn = make(chan bool, 1)
		c.waiting = append(c.waiting, r)
		c.mu.Unlock()
		if told := <-r.turn; told {
			return r.err
		}
		c.mu.Lock()
	}
	c.busy = true
	others := c.take(r.bytes)
	c.mu.Unlock()
	r.err = errBroken
	defer func() {
		for _, o := range others {
			o.err = r.err
			o.turn <- true
		}
	}()
	func() {
		defer c.next()
		r.err = e.commit(append([]*request{r}, others...))
	}()
	e.deliver.Settle()
	return r.err
}

// take is those who go along. Under mu.
func (c *committer) take(bytes int) []*request {
	n := 0
	for ; n < min(len(c.waiting), maxCommit) && bytes < maxCommitBytes; n++ {
		bytes += c.waiting[n].bytes
	}
	others := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	return others
}

// next hands the turn on.
func (c *committer) next() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy = len(c.waiting) > 0; c.busy {
		first := c.waiting[0]
		c.waiting = c.waiting[1:]
		first.turn <- false
	}
}

// commit places several requests in one synced batch, then delivers them. It
// holds their lanes: nothing else happens on these topics meanwhile.
func (e *Engine) commit(together []*request) error {
	var events []*core.Event
	for _, r := range together {
		events = append(events, r.events...)
	}
	defer e.lanes.lockAll(events)()
	h := e.histories
	topics, err := h.acquireAll(events)
	defer h.release(topics...)
	if err != nil {
		return err
	}
	if err := h.settle(topics...); err != nil {
		return err
	}
	b := e.store.db.NewBatch()
	defer b.Close()
	at, err := h.stage(b, events, topics)
	if err != nil {
		return err
	}
	for _, r := range together {
		if err := r.record.stage(b, r.events); err != nil {
			return err
		}
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return err
	}
	h.mu.Lock()
	for i, ev := range events {
		if topics[i] != nil {
			h.accept(topics[i], ev, at)
		}
	}
	h.mu.Unlock()
	for _, ev := range events {
		e.deliver.Deliver(ev)
	}
	return nil
}

// stage gives events their positions and writes them into a batch, without
// letting a reader know. The answer is the time they are placed at.
func (h *histories) stage(b *pebble.Batch, events []*core.Event, topics []*topic) (at int64, err error) {
	at = h.now().UnixNano()
	h.mu.Lock()
	for _, t := range topics {
		if t != nil {
			at = max(at, t.last)
			t.stored.next, t.stored.first = t.head+1, t.first
		}
	}
	h.mu.Unlock()
	var value []byte
	for i, ev := range events {
		if ev.Pos = (core.Position{}); topics[i] == nil {
			continue
		}
		t := topics[i]
		ev.Pos = core.Position{Epoch: t.epoch, Offset: t.stored.next}
		t.stored.next++
		value = appendEvent(value[:0], ev, at)
		if err := h.archive.write(b, t, t.stored.first, ev, value, at); err != nil {
			return at, err
		}
		if size := uint64(ev.Keep.Size); t.stored.next-t.stored.first > size {
			t.stored.first = t.stored.next - size
		}
	}
	return at, nil
}
