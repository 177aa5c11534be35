package local

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"sync"
	"sync/atomic"
)

// digest stands for a credential with a name of its own: 128 bits of SHA-256.
// Two names of one digest would take 2^64 tries to find, and would only refuse
// their own finder's request.
type digest [16]byte

func digestOf(credential, name string) digest {
	var space [256]byte
	b := binary.AppendUvarint(space[:0], uint64(len(credential)))
	b = append(b, credential...)
	b = append(b, name...)
	sum := sha256.Sum256(b)
	return digest(sum[:16])
}

// ageing is a bounded table whose entries are filed under a second and leave
// together, keep seconds after it: forgetting is dropping a bucket. Time, in
// seconds, never goes back inside it.
type ageing[V any] struct {
	share
	keep   int64
	time   atomic.Int64
	swept  atomic.Int64 // the time of the last whole sweep
	shards [64]shard[V]
}

// shard is a part of the table under a lock of its own: 64 let many cores in.
type shard[V any] struct {
	mu      sync.Mutex
	entries map[digest]V
	buckets map[int64]bucket // by second
	floor   int64            // first second that was not dropped
	peak    int              // the most entries since entries was made
}

// bucket lists what was filed under one second, by who holds it.
type bucket map[*holder][]digest

func (a *ageing[V]) init(capacity, keep, now, floor int64) {
	a.capacity, a.keep = capacity, keep
	a.time.Store(now)
	a.swept.Store(now)
	for i := range a.shards {
		s := &a.shards[i]
		s.entries, s.buckets, s.floor = map[digest]V{}, map[int64]bucket{}, floor
	}
}

// advance moves the table's time on to now, unless it is past it, and returns it.
func (a *ageing[V]) advance(now int64) int64 {
	for {
		t := a.time.Load()
		if now <= t {
			return t
		}
		if a.time.CompareAndSwap(t, now) {
			return now
		}
	}
}

// lock takes the shard of d, with what is over at second now dropped from it.
func (a *ageing[V]) lock(d digest, now int64) *shard[V] {
	s := &a.shards[int(d[0])%len(a.shards)]
	s.mu.Lock()
	s.drop(&a.share, now-a.keep)
	return s
}

// drop forgets the buckets before floor.
func (s *shard[V]) drop(sh *share, floor int64) {
	if floor <= s.floor {
		return
	}
	s.floor, s.peak = floor, max(s.peak, len(s.entries))
	for second, b := range s.buckets {
		if second >= floor {
			continue
		}
		for h, digests := range b {
			for _, d := range digests {
				delete(s.entries, d)
			}
			sh.give(h, len(digests))
		}
		delete(s.buckets, second)
	}
	// A map keeps the memory of its fullest hour: it is made anew.
	if s.peak > smallShard && len(s.entries) < s.peak/8 {
		entries := make(map[digest]V, len(s.entries))
		maps.Copy(entries, s.entries)
		s.entries, s.peak = entries, len(entries)
	}
}

// smallShard entries are not worth making a map anew.
const smallShard = 256

// file puts d, which h holds, into the bucket of second.
func (s *shard[V]) file(second int64, h *holder, d digest) {
	b := s.buckets[second]
	if b == nil {
		b = bucket{}
		s.buckets[second] = b
	}
	b[h] = append(b[h], d)
}

// sweepTo drops what is over everywhere, once a second of the table's time: a
// full table frees its places, an idle one its memory.
func (a *ageing[V]) sweepTo(now int64) (swept bool) {
	last := a.swept.Load()
	if now <= last || !a.swept.CompareAndSwap(last, now) {
		return false
	}
	for i := range a.shards {
		s := &a.shards[i]
		s.mu.Lock()
		s.drop(&a.share, now-a.keep)
		s.mu.Unlock()
	}
	a.prune()
	return true
}
