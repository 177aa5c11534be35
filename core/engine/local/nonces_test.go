package local

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/driplet/driplet/core/engine"
)

// TestSweepEmptiesTables: an idle server keeps nothing of a busy hour.
func TestSweepEmptiesTables(t *testing.T) {
	now := time.Unix(1_900_000_000, 0)
	e, err := Open("", deaf{}, Options{Now: func() time.Time { return now }})
	must(t, err)
	defer e.Close()
	for i := range 40_000 {
		c := fmt.Sprint("credential", i%10)
		must(t, e.Once(background, c, fmt.Sprint(i), now))
		_, err := e.Append(background, nil, engine.AppendOptions{Dedupe: &engine.Dedupe{Scope: c, Key: fmt.Sprint(i)}})
		must(t, err)
	}
	now = now.Add(10 * time.Minute)
	e.tick(false)
	for i := range e.nonces.shards {
		if n := &e.nonces.shards[i]; len(n.entries)+len(n.buckets)+n.peak > 0 {
			t.Fatal("nonces are left")
		}
		if r := &e.records.shards[i]; len(r.entries)+len(r.buckets) > 0 {
			t.Fatal("records are left")
		}
	}
	for _, s := range []*share{&e.nonces.share, &e.records.share} {
		if s.used.Load() != 0 || len(s.names()) != 0 {
			t.Fatalf("%d places of %v are taken", s.used.Load(), s.names())
		}
	}
	for i := range e.lanes.shards {
		if len(e.lanes.shards[i].byTopic) > 0 {
			t.Fatal("a lane is left")
		}
	}
}

// TestDamagedNonces: a damaged list is as none, and does not keep the server
// from starting.
func TestDamagedNonces(t *testing.T) {
	now := time.Unix(1_900_000_000, 0)
	for name, damage := range map[string]func(*store) error{
		"short mark":    func(st *store) error { return st.db.Set(nonceMark, []byte("x"), nil) },
		"chunk missing": func(st *store) error { return st.db.Delete(nonceChunk(0), nil) },
		"chunk cut":     func(st *store) error { return st.db.Set(nonceChunk(0), []byte{2, 1, 'c', 9, 0}, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			path, o := t.TempDir(), Options{Now: func() time.Time { return now }}
			e, err := Open(path, deaf{}, o)
			must(t, err)
			must(t, e.Once(background, "c", "n", now))
			must(t, e.rememberNonces())
			must(t, damage(e.store))
			must(t, e.store.close()) // not Close: it would write them again
			spent := now
			now = now.Add(2 * time.Second)
			e, err = Open(path, deaf{}, o)
			must(t, err)
			defer e.Close()
			if err := e.Once(background, "c", "n", spent); err != engine.ErrTooOld {
				t.Fatalf("%v, want %v", err, engine.ErrTooOld)
			}
			must(t, e.Once(background, "c", "n", now))
			if keysIn(t, e.store, noncePrefix) != 0 {
				t.Fatal("the damaged list was left")
			}
		})
	}
}

// FuzzLoad feeds a table what a folder might hold.
func FuzzLoad(f *testing.F) {
	now := time.Unix(1_900_000_000, 0)
	whole := appendRun(appendRun(nil, now.Unix(), "c", make([]digest, 3)), now.Unix()+5, "", []digest{{1}})
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, chunk []byte) {
		n := newNonces(func() time.Time { return now }, 100)
		err := n.load(chunk)
		entries := 0
		for i := range n.shards {
			entries += len(n.shards[i].entries)
		}
		if int64(entries) != n.used.Load() || entries*len(digest{}) > len(chunk) {
			t.Fatalf("%d bytes gave %d entries, %d counted, %v", len(chunk), entries, n.used.Load(), err)
		}
	})
}

// FuzzNamespace: what is written is read, and anything may be read.
func FuzzNamespace(f *testing.F) {
	f.Add("default/chat", []byte("x\x03abc"))
	f.Add("", []byte{})
	f.Add("\xff", []byte("x\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, name string, key []byte) {
		if got, ok := namespaceOf(keysOf(name).ofExpiry(5, "k")); !ok || got != name {
			t.Fatalf("%q became %q", name, got)
		}
		namespaceOf(key)
	})
}
