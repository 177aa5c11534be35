package local

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core/engine"
)

// space is one namespace. Reads go to the database without a lock; writes,
// which all read first, hold mu.
type space struct {
	store *store
	keys  keys

	mu      sync.Mutex
	quota   int64
	used    int64 // bytes stored, expired ones too until they are swept; or unknown
	sweptTo int64 // no x of an earlier expiry is left
}

// unknown marks a used that no write has needed yet: it is then counted.
const unknown = -1

var _ engine.KV = (*space)(nil)

func (s *space) now() int64 { return s.store.now().UnixNano() }

// Get returns a copy of the value, see engine.KV.
func (s *space) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if err := engine.CheckKey(key); err != nil {
		return nil, false, err
	}
	p, found, closer, err := s.view(key)
	if !found {
		return nil, false, err
	}
	if p.over(s.now()) {
		return nil, false, closer.Close()
	}
	return append(make([]byte, 0, len(p.value)), p.value...), true, closer.Close()
}

// view is what is stored, over or not, good until closer is closed, which is
// the caller's if it is found.
func (s *space) view(key string) (p pair, found bool, closer io.Closer, err error) {
	var space [128]byte
	stored, closer, err := s.store.db.Get(s.keys.appendPair(space[:0], key))
	if errors.Is(err, pebble.ErrNotFound) {
		return pair{}, false, nil, nil
	}
	if err != nil {
		return pair{}, false, nil, err
	}
	return parsePair(stored), true, closer, nil
}

// CAS compares and swaps, see engine.KV.
func (s *space) CAS(ctx context.Context, key string, old, new []byte, ttl time.Duration) (bool, error) {
	w := engine.Write{Key: key, Value: new, TTL: ttl}
	if err := check(ctx, w); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var same bool
	was, err := s.inspect(key, func(p pair) {
		same = !p.over(now) && old != nil && bytes.Equal(p.value, old)
	})
	if err != nil {
		return false, err
	}
	if old == nil {
		same = !was.found || was.over(now)
	}
	if !same {
		return false, nil
	}
	if err := s.write(now, []change{{w, expiryAfter(now, ttl), was}}); err != nil {
		return false, err
	}
	return true, nil
}

// Incr adds to a decimal integer, see engine.KV.
func (s *space) Incr(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, error) {
	w := engine.Write{Key: key, TTL: ttl}
	if err := check(ctx, w); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	sum, expiry := delta, expiryAfter(now, ttl)
	integer := true
	was, err := s.inspect(key, func(p pair) {
		if !p.over(now) {
			sum, integer = add(p.value, delta)
			expiry = p.expiry
		}
	})
	if err != nil {
		return 0, err
	}
	if !integer {
		return 0, engine.ErrNotInteger
	}
	w.Value = strconv.AppendInt(make([]byte, 0, 20), sum, 10)
	if err := s.write(now, []change{{w, expiry, was}}); err != nil {
		return 0, err
	}
	return sum, nil
}

func add(decimal []byte, delta int64) (sum int64, ok bool) {
	n, err := strconv.ParseInt(string(decimal), 10, 64)
	sum = n + delta
	return sum, err == nil && (sum < n) == (delta < 0)
}

// Apply makes all writes or none, see engine.KV.
func (s *space) Apply(ctx context.Context, writes []engine.Write) error {
	if err := check(ctx, writes...); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var few [8]change
	changes := few[:0]
	for _, w := range last(writes) {
		was, err := s.inspect(w.Key, nil)
		if err != nil {
			return err
		}
		changes = append(changes, change{w, expiryAfter(now, w.TTL), was})
	}
	return s.write(now, changes)
}

// inspect tells what a write to key replaces, and shows it to look (or nil).
func (s *space) inspect(key string, look func(pair)) (replaced, error) {
	p, found, closer, err := s.view(key)
	if !found {
		return replaced{}, err
	}
	if look != nil {
		look(p)
	}
	return replaced{found: true, expiry: p.expiry, size: sizeOf(key, p.value)}, closer.Close()
}

func check(ctx context.Context, writes ...engine.Write) error {
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

// Scan lists pairs, see engine.KV.
func (s *space) Scan(ctx context.Context, prefix string, limit int, reverse bool) ([]engine.Pair, error) {
	if err := ctx.Err(); err != nil || limit < 1 {
		return nil, err
	}
	lower := s.keys.appendPair(nil, prefix)
	it, err := s.store.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
	if err != nil {
		return nil, err
	}
	first, next := it.First, it.Next
	if reverse {
		first, next = it.Last, it.Prev
	}
	var found []engine.Pair
	now := s.now()
	for ok := first(); ok && len(found) < limit; ok = next() {
		if p := parsePair(it.Value()); !p.over(now) {
			key := string(it.Key()[len(s.keys.pair):])
			found = append(found, engine.Pair{Key: key, Value: bytes.Clone(p.value)})
		}
	}
	return found, it.Close()
}
