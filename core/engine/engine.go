// Package engine is the contract between Driplet and whatever keeps its state:
// one process by itself (engine/local) or many together. One choice moves all
// of it: the log, nonces and plugins' state.
//
// An Engine is used from many goroutines at once. It places events: the order
// in which Append places a topic's events is the order in which every
// subscriber hears them, so an implementation hands each event to its Deliverer
// under the lane's lock, and a Deliverer never blocks. Topics do not wait for
// one another.
//
// A call whose ctx is done before it begins does nothing and returns ctx's
// error. Errors are compared with errors.Is: an implementation may wrap those
// named here. The suite enginetest says the same in code.
package engine

import (
	"context"
	"errors"
	"time"

	"github.com/driplet/driplet/core"
)

// Deliverer takes placed events, in order. Neither method blocks or calls the
// engine.
type Deliverer interface {
	// Deliver appends and returns: it is called under a lane's lock.
	Deliver(*core.Event)
	// Settle follows soon, with no lock held: what was delivered may go out. It
	// may write to sockets.
	Settle()
}

// Engine is the whole of it.
type Engine interface {
	Log
	Nonces
	// KV opens the store of one namespace, whose keys and values may take up
	// quota bytes together; with a quota of 0 it can be read and emptied only.
	// Two opens of one namespace see the same data; the last quota counts. No
	// namespace sees another, whatever their names.
	KV(namespace string, quota int64) core.KV
	// Close writes out what must outlast the process. Every other call has
	// returned, and nothing may be called afterwards, but Close again.
	Close() error
}

// Log orders and keeps events.
type Log interface {
	// Append places events and delivers them, all or none, in one atomic
	// commit with the dedupe record. It sets each event's Pos; the caller
	// hands the events over and changes them no more. There is one Placed per
	// event, in order; the result may be shared and is not to be changed.
	//
	// When Append returns, the events have their place; an engine of one
	// process has delivered them too, one of many may a moment later. Errors
	// are ErrConflict, ErrFull, the filter's, and ctx's while waiting for a
	// duplicate in flight.
	//
	// An event whose Keep has a size is kept: its Pos is the next of its topic,
	// whose offsets begin at 1 and have no holes. A topic's last Keep counts
	// for all it keeps. Where Keep says SyncAlways, the event is on the disk
	// before anybody hears it and before Append returns.
	Append(ctx context.Context, events []*core.Event, o AppendOptions) ([]Placed, error)

	// Read tells what a topic keeps: after since, the oldest limit events; with
	// a nil since, the newest limit; limit 0: none, but where the topic stands.
	// It sees every event that Append has delivered, and none twice.
	//
	// Past.Head always has an epoch; a topic that never kept anything stands
	// at offset 0. Past.Whole is false when since is of another epoch, beyond
	// the head, or before what is still kept: Events is then what is left of
	// the topic, read as if since were nil. Events are shared and not to be
	// changed.
	Read(ctx context.Context, k core.TopicKey, since *core.Position, limit int) (core.Past, error)
}

// AppendOptions tells how to place.
type AppendOptions struct {
	Dedupe *Dedupe // nil: place unconditionally
	Filter Filter  // nil: place what was given
}

// Filter has the last word on an event, asked once for each when their append
// is known to be no duplicate. What it returns is placed instead, on the same
// topic; nil: nothing is, which is a success and remembered as one. Its error
// fails the whole append, and nothing is placed or remembered. It may take its
// time: no lane is locked, and only appends with the same dedupe key wait.
type Filter func(ctx context.Context, ev *core.Event) (*core.Event, error)

// Dedupe makes an append idempotent for DedupeWindow, counted from its
// success. The same key with the same Hash answers what the first append
// answered, with Duplicate set, and delivers nothing; while the first is in
// flight it waits, whatever its Hash. With another Hash it fails with
// ErrConflict. Failures are not remembered: the next to ask places. Records
// are bounded in number: a new key past the bound fails with ErrFull and
// places nothing, none is forgotten early.
type Dedupe struct {
	Scope string // a credential: keys of two never meet
	Key   string
	Hash  [32]byte // of everything that makes two requests the same
}

// DedupeWindow is how long an idempotency key is remembered.
const DedupeWindow = 5 * time.Minute

// Placed is where an event went.
type Placed struct {
	Pos       core.Position // zero where the topic keeps no history
	Duplicate bool
	Dropped   bool // by the filter
}

// ErrConflict refuses an idempotency key that was used for something else.
var ErrConflict = errors.New("engine: idempotency key reused with another body")

// Nonces remembers what may be used once.
type Nonces interface {
	// Once spends nonce for a credential, atomically: of any number of calls
	// one returns nil. timestamp is the request's own, of which whole seconds
	// count; the nonce is remembered until core.ReplayWindow after it, and
	// never forgotten early. The caller has checked that timestamp lies within
	// core.ReplayWindow of now; what lies outside is ErrTooOld here as well.
	// A call that fails spends nothing.
	Once(ctx context.Context, credential, nonce string, timestamp time.Time) error
}

// What Once refuses. ErrTooOld: this store can no longer (or not yet, after a
// start without memory) tell whether the nonce was spent. ErrFull, also of an
// Append with Dedupe: the table is full for this credential; it never forgets
// early to make room, and has room again as time passes.
var (
	ErrSpent  = errors.New("engine: nonce already spent")
	ErrTooOld = errors.New("engine: timestamp outside what is remembered")
	ErrFull   = errors.New("engine: table full for this credential, try again in a minute")
)
