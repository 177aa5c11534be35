package hub

import (
	"sync"
	"sync/atomic"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/target"
)

// opKind says what an entry of the mailbox asks the drain to do.
type opKind uint8

const (
	opDeliver opKind = iota
	opSend
	opJoin
	opLeave
	opSubscribe
	opHold
	opRelease
	opUnsubscribe
	opClaims
	opClose
)

// op is one entry. Which fields hold depends on kind.
type op struct {
	kind    opKind
	event   *core.Event
	rule    *target.Rule
	session *Session
	sub     *Subscription
	out     core.Outgoing
	past    *Past
	claims  *core.Claims
	reason  core.CloseReason
}

// mailbox is the one order of everything. It has no bound of its own: clients
// are bounded by their rates and publishers by Backlog.
//
// One at a time has the turn to drain it: Run's goroutine, or whoever has put
// little and finds the turn free (Settle).
type mailbox struct {
	mu     sync.Mutex
	called sync.Cond // Run has the turn, or the box is closed
	ops    []op
	spare  []op // the last batch, emptied, to be filled next
	turn   turn
	closed bool
	bytes  atomic.Int64 // of events in ops
}

// turn says who drains.
type turn uint8

const (
	turnRun    turn = iota // Run, which is at it, is called, or has not begun
	turnFree               // nobody; Run waits
	turnSettle             // a caller of Settle
)

// maxSpare bounds the memory that a burst leaves behind.
const maxSpare = 4096

func (b *mailbox) init() { b.called.L = &b.mu }

// put appends; wake or claim must follow some time.
func (b *mailbox) put(o op) {
	if o.event != nil {
		b.bytes.Add(int64(len(o.event.Data)))
	}
	b.mu.Lock()
	b.ops = append(b.ops, o)
	b.mu.Unlock()
}

// wake calls Run to what waits, unless somebody is at it.
func (b *mailbox) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.turn == turnFree && len(b.ops) > 0 {
		b.call()
	}
}

func (b *mailbox) call() {
	b.turn = turnRun
	b.called.Signal()
}

// take is Run's: it gives the turn back when nothing waits, and returns
// everything that waits when it has it again. open is false once the mailbox
// was closed and is empty.
func (b *mailbox) take() (ops []op, open bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ops) == 0 && !b.closed {
		b.turn = turnFree
	}
	for b.turn != turnRun {
		b.called.Wait()
	}
	ops, b.ops, b.spare = b.ops, b.spare, nil
	return ops, !b.closed || len(ops) > 0
}

// claim takes the turn and everything that waits, if it is at most limit
// entries and the turn is free.
func (b *mailbox) claim(limit int) []op {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch n := len(b.ops); {
	case b.turn != turnFree || n == 0:
		return nil
	case n > limit:
		b.call()
		return nil
	}
	b.turn = turnSettle
	ops := b.ops
	b.ops, b.spare = b.spare, nil
	return ops
}

// pass ends a claim. What was not drained, and what has come meanwhile, is
// Run's.
func (b *mailbox) pass(undrained []op) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(undrained) > 0 {
		b.ops = append(undrained, b.ops...)
	}
	if b.turn = turnFree; len(b.ops) > 0 || b.closed {
		b.call()
	}
}

// giveBack lets a drained batch be filled again.
func (b *mailbox) giveBack(ops []op) {
	clear(ops)
	if cap(ops) > maxSpare {
		return
	}
	b.mu.Lock()
	b.spare = ops[:0]
	b.mu.Unlock()
}

func (b *mailbox) close() {
	b.mu.Lock()
	b.closed = true
	if b.turn == turnFree {
		b.call()
	}
	b.mu.Unlock()
}
