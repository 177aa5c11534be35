package local

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

type deaf struct{}

func (deaf) Deliver(*core.Event) {}
func (deaf) Settle()             {}

var background = context.Background()

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// keysIn counts the store's keys that begin with a letter.
func keysIn(t *testing.T, st *store, letter byte) (n int) {
	t.Helper()
	it, err := st.db.NewIter(nil)
	must(t, err)
	for ok := it.First(); ok; ok = it.Next() {
		if it.Key()[0] == letter {
			n++
		}
	}
	must(t, it.Close())
	return n
}

// TestSweep: what is over leaves the store, also of namespaces nobody opened.
func TestSweep(t *testing.T) {
	now, path := time.Unix(1_900_000_000, 0), t.TempDir()
	o := Options{Now: func() time.Time { return now }}
	e, err := Open(path, deaf{}, o)
	must(t, err)
	for n := range 5 {
		kv := e.KV(fmt.Sprint("space", n), 1<<20)
		var writes []core.Write
		for i := range 1500 { // several batches
			writes = append(writes, core.Write{Key: fmt.Sprint(i), Value: []byte("v"), TTL: time.Duration(1+i%2) * time.Minute})
		}
		writes = append(writes, core.Write{Key: "stays", Value: []byte("v")})
		must(t, kv.Apply(background, writes))
		must(t, kv.Apply(background, []core.Write{{Key: "7"}, {Key: "8", Value: []byte("stays too")}}))
	}
	must(t, e.Close())
	e, err = Open(path, deaf{}, o)
	must(t, err)
	for _, want := range []struct{ after, pairs, ends int }{{0, 1500, 1498}, {1, 751, 749}, {1, 2, 0}, {1, 2, 0}} {
		now = now.Add(time.Duration(want.after) * time.Minute)
		e.tick(true)
		if pairs, ends := keysIn(t, e.store, pairPrefix), keysIn(t, e.store, expiryPrefix); pairs != 5*want.pairs || ends != 5*want.ends {
			t.Fatalf("%d pairs and %d ends are left, want %d and %d", pairs, ends, 5*want.pairs, 5*want.ends)
		}
	}
	must(t, e.Close())
	e.tick(true) // late, after Close: does nothing
}

// TestUsedDoesNotDrift counts by hand after many random calls.
func TestUsedDoesNotDrift(t *testing.T) {
	now := time.Unix(1_900_000_000, 0)
	e, err := Open("", deaf{}, Options{Now: func() time.Time { return now }})
	must(t, err)
	defer e.Close()
	kv := e.KV("n", 3000)
	s := kv.(*space)
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for step := range 2000 {
		k, ttl := fmt.Sprint(r.IntN(60)), time.Duration(r.IntN(3))*time.Second
		switch r.IntN(6) {
		case 0:
			_, _ = kv.Incr(background, k, 1, ttl)
		case 1:
			_, _ = kv.CAS(background, k, nil, make([]byte, r.IntN(100)), ttl)
		case 2:
			now = now.Add(time.Duration(r.IntN(2000)-500) * time.Millisecond) // sometimes back
		case 3:
			e.tick(r.IntN(2) == 0)
		default:
			_ = kv.Apply(background, []core.Write{{Key: k}, {Key: k + "x", Value: make([]byte, r.IntN(200)), TTL: ttl}, {Key: k, Value: []byte("1"), TTL: ttl}})
		}
		if step%50 > 0 {
			continue
		}
		must(t, s.flush())
		used := s.used
		s.used = unknown
		must(t, s.count())
		if used != unknown && used != s.used {
			t.Fatalf("step %d, seed %d: %d bytes are counted, %d are held", step, seed, used, s.used)
		}
		ends := 0
		it, err := e.store.db.NewIter(nil)
		must(t, err)
		for ok := it.First(); ok; ok = it.Next() {
			if it.Key()[0] == pairPrefix && parsePair(it.Value()).expiry != noExpiry {
				ends++
			}
		}
		must(t, it.Close())
		if got := keysIn(t, e.store, expiryPrefix); got != ends {
			t.Fatalf("step %d, seed %d: %d pairs have a lifetime, %d ends are kept", step, seed, ends, got)
		}
	}
}

// TestPendingIsBounded: without Run the database still gets everything soon.
func TestPendingIsBounded(t *testing.T) {
	e, err := Open("", deaf{}, Options{})
	must(t, err)
	defer e.Close()
	kv := e.KV("n", 64<<20)
	s := kv.(*space)
	for i := range 3 * maxPending {
		must(t, kv.Apply(background, []core.Write{{Key: fmt.Sprint(i), Value: make([]byte, i%1000)}}))
		if s.pending.Len() >= maxPending || s.waiting >= maxPendingBytes {
			t.Fatalf("%d pairs of %d bytes are pending", s.pending.Len(), s.waiting)
		}
	}
	for i := range 3 * maxPending {
		must(t, kv.Apply(background, []core.Write{{Key: fmt.Sprint(i)}}))
		must(t, kv.Apply(background, []core.Write{{Key: "new", Value: []byte("v")}, {Key: "new"}}))
	}
	must(t, s.flush())
	if s.waiting != 0 || s.used != 0 || keysIn(t, e.store, pairPrefix) != 0 {
		t.Fatalf("of nothing %d bytes are pending, %d used", s.waiting, s.used)
	}
}
