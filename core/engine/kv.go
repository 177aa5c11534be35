package engine

import (
	"context"
	"errors"
	"time"
)

// KV is a small store of one namespace: a plugin's state on one endpoint.
// Values are copied in and out. A zero ttl means for ever.
type KV interface {
	// Get returns the value; ok is false when there is none.
	Get(ctx context.Context, key string) (value []byte, ok bool, err error)
	// CAS sets key to new if it holds old (nil: if it is absent), atomically.
	// A nil new deletes.
	CAS(ctx context.Context, key string, old, new []byte, ttl time.Duration) (swapped bool, err error)
	// Incr adds delta to the decimal integer at key (absent: 0) and returns
	// the sum, atomically. A value that is no integer is ErrNotInteger.
	// An existing lifetime is kept; ttl applies to a key that it creates.
	Incr(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, error)
	// Scan lists up to limit pairs whose keys start with prefix, in key order,
	// or backwards with reverse.
	Scan(ctx context.Context, prefix string, limit int, reverse bool) ([]Pair, error)
	// Apply makes all writes, in order, or none.
	Apply(ctx context.Context, writes []Write) error
}

// Pair is one key with its value.
type Pair struct {
	Key   string
	Value []byte
}

// Write sets Key, or deletes it when Value is nil.
type Write struct {
	Key   string
	Value []byte
	TTL   time.Duration
}

// Refusals of a KV.
var (
	ErrQuota      = errors.New("engine: the namespace's quota is used up")
	ErrNotInteger = errors.New("engine: the value is not an integer")
)

// Bounds of keys and values: what one call may cost.
const (
	MaxKeyBytes   = 512
	MaxValueBytes = 1 << 20
)
