// Package engine is the contract between Driplet and whatever keeps its state:
// one process by itself (engine/local) or many together. One choice moves all
// of it: the log, nonces and plugins' state.
//
// An Engine is used from many goroutines at once. It places events: the order
// in which Append places a topic's events is the order in which every
// subscriber hears them, so an implementation hands each event to its Deliverer
// under the lane's lock, and a Deliverer never blocks.
package engine

import (
	"context"
	"errors"
	"time"

	"github.com/driplet/driplet/core"
)

// Deliverer takes placed events, in order; it appends and returns.
type Deliverer interface{ Deliver(*core.Event) }

// Engine is the whole of it.
type Engine interface {
	Log
	Nonces
	// KV opens the store of one namespace, whose keys and values may take up
	// quota bytes together. Two opens of one namespace see the same data.
	KV(namespace string, quota int64) KV
	// Close writes out what must outlast the process. Nothing may be called
	// afterwards.
	Close() error
}

// Log orders and keeps events.
type Log interface {
	// Append places events and delivers them, all or none, in one atomic
	// commit with the dedupe record.
	Append(ctx context.Context, events []*core.Event, o AppendOptions) ([]Placed, error)
}

// AppendOptions tells how to place.
type AppendOptions struct {
	Dedupe *Dedupe // nil: place unconditionally
}

// Dedupe makes an append idempotent for DedupeWindow. The same key with the
// same Hash answers what the first append answered, with Duplicate set, and
// delivers nothing; while the first is in flight it waits. With another Hash
// it fails with ErrConflict. Failures are not remembered.
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
}

// ErrConflict refuses an idempotency key that was used for something else.
var ErrConflict = errors.New("engine: idempotency key reused with another body")

// Nonces remembers what may be used once.
type Nonces interface {
	// Once spends nonce for a credential, atomically: of any number of calls
	// one returns nil. timestamp is the request's own; the nonce is remembered
	// until core.ReplayWindow after it, and never forgotten early.
	Once(ctx context.Context, credential, nonce string, timestamp time.Time) error
}

// What Once refuses. ErrTooOld: this store can no longer (or not yet, after a
// start without memory) tell whether the nonce was spent. ErrFull: the table
// is full for this credential; it never forgets early to make room.
var (
	ErrSpent  = errors.New("engine: nonce already spent")
	ErrTooOld = errors.New("engine: timestamp outside what is remembered")
	ErrFull   = errors.New("engine: nonce table full")
)
