package local

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/RaduBerinde/btreemap"
	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core"
)

// space is one namespace: what lies in the database, and before it what was
// written since the last flush.
//
// Plugins write the same few keys over and over (counters, the last message).
// Held back for a moment they cost the database one write a second instead of
// one an event, and no scan has to step over their old versions: a counter of
// 10,000 versions made it 100 times slower.
type space struct {
	store *store
	keys  keys

	mu      sync.RWMutex
	quota   int64
	used    int64 // bytes held, expired ones too until they are swept; or unknown
	sweptTo int64 // no x of an earlier expiry is left
	pending *btreemap.BTreeMap[string, pending]
	waiting int // bytes in pending
}

// pending is a pair that is not in the database yet. Its value is never
// changed; nil is a deletion.
type pending struct {
	pair
	stored held
}

// held is what stands at a key, over or not, until it is swept.
type held struct {
	found  bool
	expiry int64
	size   int64 // of key and value
}

// unknown marks a used that no write has needed yet: it is then counted.
const unknown = -1

// A flush comes at the latest when this much is pending: it bounds the memory
// of a namespace, and the time for which a flush holds it up, to about 1 ms.
const (
	maxPending      = 1000
	maxPendingBytes = 256 << 10
)

var _ core.KV = (*space)(nil)

func newSpace(st *store, namespace string) *space {
	return &space{
		store: st, keys: keysOf(namespace), used: unknown,
		pending: btreemap.New[string, pending](16, strings.Compare),
	}
}

func (s *space) now() int64 { return s.store.now().UnixNano() }

// Get returns a copy of the value, see core.KV.
func (s *space) Get(ctx context.Context, key string) (value []byte, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if err := core.CheckKey(key); err != nil {
		return nil, false, err
	}
	now := s.now()
	s.mu.RLock()
	_, p, waits := s.pending.Get(key)
	s.mu.RUnlock()
	if !waits {
		_, err = s.stored(key, func(stored pair) {
			if !stored.over(now) {
				value = copyOf(stored.value)
			}
		})
	} else if p.value != nil && !p.over(now) {
		value = copyOf(p.value)
	}
	return value, value != nil, err
}

// copyOf keeps an empty value from becoming nil.
func copyOf(value []byte) []byte { return append(make([]byte, 0, len(value)), value...) }

// stored tells what the database holds, and shows it to look.
func (s *space) stored(key string, look func(pair)) (held, error) {
	b, closer, err := s.store.db.Get(s.keys.ofPair(key))
	if err != nil {
		if errors.Is(err, pebble.ErrNotFound) {
			err = nil
		}
		return held{}, err
	}
	p := parsePair(b)
	if look != nil {
		look(p)
	}
	return held{found: true, expiry: p.expiry, size: sizeOf(key, p.value)}, closer.Close()
}

// inspect begins a change of key with what it replaces, and shows that to
// look, if there is any. Under mu.
func (s *space) inspect(w core.Write, look func(pair)) (c change, err error) {
	c.Write = w
	_, p, waits := s.pending.Get(w.Key)
	if !waits {
		c.stored, err = s.stored(w.Key, look)
		c.was = c.stored
		return c, err
	}
	if c.stored = p.stored; p.value != nil {
		c.was = held{found: true, expiry: p.expiry, size: sizeOf(w.Key, p.value)}
		if look != nil {
			look(p.pair)
		}
	}
	return c, nil
}

// CAS compares and swaps, see core.KV.
func (s *space) CAS(ctx context.Context, key string, old, new []byte, ttl time.Duration) (bool, error) {
	w := core.Write{Key: key, Value: new, TTL: ttl}
	if err := check(ctx, w); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	same := old == nil
	c, err := s.inspect(w, func(p pair) {
		if !p.over(now) {
			same = old != nil && bytes.Equal(p.value, old)
		}
	})
	if err != nil || !same {
		return false, err
	}
	c.expiry = expiryAfter(now, ttl)
	if err := s.write(now, []change{c}); err != nil {
		return false, err
	}
	return true, nil
}

// Incr adds to a decimal integer, see core.KV.
func (s *space) Incr(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, error) {
	w := core.Write{Key: key, TTL: ttl}
	if err := check(ctx, w); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	sum, expiry, integer := delta, expiryAfter(now, ttl), true
	c, err := s.inspect(w, func(p pair) {
		if !p.over(now) {
			sum, integer = add(p.value, delta)
			expiry = p.expiry
		}
	})
	if err != nil {
		return 0, err
	}
	if !integer {
		return 0, core.ErrNotInteger
	}
	var digits [20]byte
	c.Value, c.expiry = strconv.AppendInt(digits[:0], sum, 10), expiry
	if err := s.write(now, []change{c}); err != nil {
		return 0, err
	}
	return sum, nil
}

func add(decimal []byte, delta int64) (sum int64, ok bool) {
	n, err := strconv.ParseInt(string(decimal), 10, 64)
	sum = n + delta
	return sum, err == nil && (sum < n) == (delta < 0)
}

// Apply makes all writes or none, see core.KV.
func (s *space) Apply(ctx context.Context, writes []core.Write) error {
	if err := check(ctx, writes...); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var few [8]change
	changes := few[:0]
	for _, w := range last(writes) {
		c, err := s.inspect(w, nil)
		if err != nil {
			return err
		}
		c.expiry = expiryAfter(now, w.TTL)
		changes = append(changes, c)
	}
	return s.write(now, changes)
}

func check(ctx context.Context, writes ...core.Write) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, w := range writes {
		if err := w.Check(); err != nil {
			return err
		}
	}
	return nil
}
