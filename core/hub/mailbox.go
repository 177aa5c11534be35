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
type mailbox struct {
	mu     sync.Mutex
	filled sync.Cond
	ops    []op
	spare  []op // the drain's last batch, emptied, to be filled next
	closed bool
	bytes  atomic.Int64 // of events in ops
}

// maxSpare bounds the memory that a burst leaves behind.
const maxSpare = 4096

func (b *mailbox) init() { b.filled.L = &b.mu }

func (b *mailbox) put(o op) {
	if o.event != nil {
		b.bytes.Add(int64(len(o.event.Data)))
	}
	b.mu.Lock()
	b.ops = append(b.ops, o)
	wake := len(b.ops) == 1
	b.mu.Unlock()
	if wake {
		b.filled.Signal()
	}
}

// take returns everything that waits, and waits for it. open is false once the
// mailbox was closed; what was put until then is still taken.
func (b *mailbox) take() (ops []op, open bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.ops) == 0 && !b.closed {
		b.filled.Wait()
	}
	ops, b.ops, b.spare = b.ops, b.spare, nil
	return ops, !b.closed
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
	b.mu.Unlock()
	b.filled.Broadcast()
}
