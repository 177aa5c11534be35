package core

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// KV is a small store of one namespace: a plugin's state on one endpoint.
// Keys are 1 to MaxKeyBytes bytes of any kind, ordered bytewise. Values are
// copied in and out; an empty value is a value, and comes back empty, not nil.
//
// A zero ttl means for ever, a negative one is ErrLifetime. A pair whose
// lifetime is over is gone for every call at once, and its bytes hold no
// quota against a write that needs them. Every write without a lifetime of
// its own (Incr apart) ends the lifetime that the key had.
//
// Each call is atomic and sees every call that returned before it began.
// A call that fails changes nothing. A write that would leave the namespace
// over its quota is ErrQuota, unless it makes it smaller.
type KV interface {
	// Get returns the value; ok is false when there is none.
	Get(ctx context.Context, key string) (value []byte, ok bool, err error)
	// CAS sets key to new if it holds old (nil: if it is absent), atomically.
	// A nil new deletes.
	CAS(ctx context.Context, key string, old, new []byte, ttl time.Duration) (swapped bool, err error)
	// Incr adds delta to the decimal integer at key (absent: 0) and returns
	// the sum, atomically. A value or a sum that is no int64 is ErrNotInteger.
	// An existing lifetime is kept; ttl applies to a key that it creates.
	Incr(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, error)
	// Scan lists pairs whose keys start with prefix ("" is every key), in key
	// order. It sees one moment of the namespace, and copies what it lists
	// alone.
	Scan(ctx context.Context, prefix string, o ScanOptions) ([]Pair, error)
	// Apply makes all writes, in order, or none.
	Apply(ctx context.Context, writes []Write) error
}

// ScanOptions say which pairs a scan lists.
type ScanOptions struct {
	Limit   int             // at most so many; below 1: none
	After   string          // none but those behind this key, before it when Reverse; there need be no such key, nor need it start with the prefix; "": all
	Bytes   int             // it ends with the pair at which keys and values have so many together; 0: any number
	Reverse bool            // backwards, from the last key
	Without map[string]bool // keys that are passed over, and do not count
	Room    []byte          // values may be copied behind its length, as far as it has capacity; nil: to memory of their own
}

// Passed reports whether After keeps a key out of the scan.
func (o *ScanOptions) Passed(key string) bool {
	return o.After != "" && (key == o.After || (key < o.After) != o.Reverse)
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
	ErrQuota      = errors.New("kv: the namespace's quota is used up")
	ErrNotInteger = errors.New("kv: the value is not an integer of 64 bits")
	ErrKeySize    = errors.New("kv: a key has 1 to 512 bytes")
	ErrValueSize  = errors.New("kv: a value has at most 1048576 bytes")
	ErrLifetime   = errors.New("kv: a lifetime is not negative; 0 is for ever")
)

// Bounds of keys and values: what one call may cost.
const (
	MaxKeyBytes   = 512
	MaxValueBytes = 1 << 20
)

// CheckKey refuses a key that no KV takes, with ErrKeySize. A key that is
// asked for is checked as one that is written.
func CheckKey(key string) error {
	if len(key) == 0 || len(key) > MaxKeyBytes {
		return fmt.Errorf("%w, this one has %d", ErrKeySize, len(key))
	}
	return nil
}

// Check refuses a write that no KV takes: ErrKeySize, ErrValueSize, ErrLifetime.
func (w Write) Check() error {
	if err := CheckKey(w.Key); err != nil {
		return err
	}
	if len(w.Value) > MaxValueBytes {
		return fmt.Errorf("%w, this one has %d", ErrValueSize, len(w.Value))
	}
	if w.TTL < 0 {
		return fmt.Errorf("%w, this one is %v", ErrLifetime, w.TTL)
	}
	return nil
}
