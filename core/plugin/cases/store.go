package cases

import (
	"bytes"
	"context"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/driplet/driplet/core"
)

// Store is a plugin.Store in memory. Lifetimes go by Now.
type Store struct {
	Now func() time.Time // nil: time.Now

	mu     sync.Mutex
	spaces map[string]*KV
}

// KV opens a namespace.
func (s *Store) KV(namespace string, quota int64) core.KV { return s.space(namespace, quota) }

func (s *Store) space(namespace string, quota int64) *KV {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spaces == nil {
		s.spaces = map[string]*KV{}
	}
	kv := s.spaces[namespace]
	if kv == nil {
		kv = &KV{now: s.Now, quota: quota, values: map[string]stored{}}
		if kv.now == nil {
			kv.now = time.Now
		}
		s.spaces[namespace] = kv
	}
	return kv
}

// KV is one namespace of a Store.
type KV struct {
	now   func() time.Time
	quota int64

	mu     sync.Mutex
	values map[string]stored
}

type stored struct {
	value []byte
	until time.Time // zero: for ever
}

func (kv *KV) get(key string) (stored, bool) {
	v, ok := kv.values[key]
	if ok && !v.until.IsZero() && !kv.now().Before(v.until) {
		delete(kv.values, key)
		return stored{}, false
	}
	return v, ok
}

func (kv *KV) set(key string, value []byte, ttl time.Duration) {
	v := stored{value: append([]byte{}, value...)}
	if ttl > 0 {
		v.until = kv.now().Add(ttl)
	}
	kv.values[key] = v
}

// fits reports whether the namespace may hold extra more bytes.
func (kv *KV) fits(extra int64) bool {
	used := extra
	for k, v := range kv.values {
		used += int64(len(k) + len(v.value))
	}
	return used <= kv.quota
}

// Get returns a copy of the value.
func (kv *KV) Get(_ context.Context, key string) ([]byte, bool, error) {
	kv.mu.Lock()
	defer kv.mu.Unlock()
	v, ok := kv.get(key)
	return bytes.Clone(v.value), ok, nil
}

// CAS sets key to new if it holds old.
func (kv *KV) CAS(_ context.Context, key string, old, new []byte, ttl time.Duration) (bool, error) {
	kv.mu.Lock()
	defer kv.mu.Unlock()
	v, ok := kv.get(key)
	if ok != (old != nil) || !bytes.Equal(v.value, old) {
		return false, nil
	}
	if new == nil {
		delete(kv.values, key)
		return true, nil
	}
	if !kv.fits(int64(len(key) + len(new))) {
		return false, core.ErrQuota
	}
	kv.set(key, new, ttl)
	return true, nil
}

// Incr adds delta to an integer.
func (kv *KV) Incr(_ context.Context, key string, delta int64, ttl time.Duration) (int64, error) {
	kv.mu.Lock()
	defer kv.mu.Unlock()
	v, ok := kv.get(key)
	if !ok {
		kv.set(key, strconv.AppendInt(nil, delta, 10), ttl)
		return delta, nil
	}
	n, err := strconv.ParseInt(string(v.value), 10, 64)
	if err != nil {
		return 0, core.ErrNotInteger
	}
	v.value = strconv.AppendInt(nil, n+delta, 10)
	kv.values[key] = v
	return n + delta, nil
}

// Scan lists pairs in key order.
func (kv *KV) Scan(_ context.Context, prefix string, o core.ScanOptions) ([]core.Pair, error) {
	kv.mu.Lock()
	defer kv.mu.Unlock()
	var out []core.Pair
	for k := range kv.values {
		if !strings.HasPrefix(k, prefix) || o.Without[k] || o.Passed(k) {
			continue
		}
		if v, ok := kv.get(k); ok {
			out = append(out, core.Pair{Key: k, Value: v.value})
		}
	}
	sort.Slice(out, func(i, j int) bool { return (out[i].Key < out[j].Key) != o.Reverse })
	n, size := 0, 0
	for n < min(o.Limit, len(out)) && (o.Bytes == 0 || size < o.Bytes) {
		size += len(out[n].Key) + len(out[n].Value)
		out[n].Value = bytes.Clone(out[n].Value)
		n++
	}
	return out[:n], nil
}

// Apply makes all writes or none.
func (kv *KV) Apply(_ context.Context, writes []core.Write) error {
	kv.mu.Lock()
	defer kv.mu.Unlock()
	extra := int64(0)
	for _, w := range writes {
		extra += int64(len(w.Key) + len(w.Value))
	}
	if !kv.fits(extra) {
		return core.ErrQuota
	}
	for _, w := range writes {
		if w.Value == nil {
			delete(kv.values, w.Key)
		} else {
			kv.set(w.Key, w.Value, w.TTL)
		}
	}
	return nil
}
