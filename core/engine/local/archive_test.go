package local

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// reopened is an engine on a folder, whose time stands at *now, and what its
// log says.
func reopened(t *testing.T, path string, now *time.Time, memory int64) (*Engine, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	e, err := Open(path, deaf{}, Options{
		Now: func() time.Time { return *now }, HistoryBytes: memory, Logger: slog.New(slog.NewTextHandler(&out, nil)),
	})
	must(t, err)
	return e, &out
}

var minuteOfFive = core.History{Size: 5, Age: time.Minute}

// TestStoredRetention: what is beyond a topic's size or age leaves the folder,
// and a topic that is over leaves nothing but the count of its bucket.
func TestStoredRetention(t *testing.T) {
	now, path := time.Unix(1_900_000_000, 0), t.TempDir()
	e, _ := reopened(t, path, &now, 0)
	const topics = 300 // more than one round of a sweep
	heads := map[string]core.Position{}
	for i := range topics {
		h := minuteOfFive
		if i%30 == 0 {
			h.Sync = core.SyncAlways
		}
		for range 1 + i%3*100 {
			heads[fmt.Sprint("t", i)] = e.keep(t, fmt.Sprint("t", i), h)
		}
	}
	e.keep(t, "stays", core.History{Size: 3})
	must(t, e.histories.flush())
	if n := keysIn(t, e.store, eventPrefix); n > topics*(5+64+1) {
		t.Fatalf("%d events are stored", n)
	}
	must(t, e.Close())
	for _, c := range []struct {
		after                time.Duration
		events, heads, known int
	}{
		// The last minute's are gone, all heads are known.
		{time.Minute, 1, topics + 1, topics},
		{forgetAfter - time.Second, 1, topics + 1, topics},
		{time.Second, 1, 1, 0},
	} {
		now = now.Add(c.after)
		e, _ = reopened(t, path, &now, 0)
		e.tick(true)
		if n := keysIn(t, e.store, eventPrefix); n != c.events {
			t.Fatalf("%d events are stored, want %d", n, c.events)
		}
		if n, d := keysIn(t, e.store, headPrefix), keysIn(t, e.store, duePrefix); n != c.heads || d != c.heads-1 {
			t.Fatalf("%d topics are stored, %d are due; want %d", n, d, c.heads)
		}
		known := 0
		for topic, head := range heads {
			if past := e.read(t, topic, &head); past.Whole && past.Head == head {
				known++
			}
		}
		if known != c.known {
			t.Fatalf("%d topics are known, want %d", known, c.known)
		}
		must(t, e.Close())
	}
	now = now.Add(time.Second)
	e, _ = reopened(t, path, &now, 0)
	defer e.Close()
	for topic, head := range heads {
		e.keep(t, topic, minuteOfFive)
		if past := e.read(t, topic, &head); past.Whole || past.Head.Offset != 1 || past.Head.Epoch == head.Epoch {
			t.Fatalf("%s was forgotten, and is read as %+v", topic, past)
		}
	}
	if past := e.read(t, "stays", nil); len(past.Events) != 1 {
		t.Fatalf("%+v", past)
	}
}

// TestStoredAge: of a topic that goes on, what is too old is removed, without
// a look at every event.
func TestStoredAge(t *testing.T) {
	now, path := time.Unix(1_900_000_000, 0), t.TempDir()
	e, _ := reopened(t, path, &now, 20_000)
	hour := core.History{Size: 10_000, Age: time.Hour}
	for range 1000 {
		e.keep(t, "t", hour)
		now = now.Add(3599 * time.Millisecond)
	}
	if inMemory := e.histories.topics[core.TopicKey{Endpoint: "e", Topic: "t"}]; inMemory != nil && inMemory.ring.n > 100 {
		t.Fatalf("%d events are in memory", inMemory.ring.n)
	}
	for want := 1000; want >= 0; want -= 250 {
		e.tick(true)
		past := e.read(t, "t", nil)
		if len(past.Events) != want || past.Head.Offset != 1000 {
			t.Fatalf("%d events are kept, want %d", len(past.Events), want)
		}
		if n := keysIn(t, e.store, eventPrefix); n != want {
			t.Fatalf("%d events are stored, want %d", n, want)
		}
		since := core.Position{Epoch: past.Head.Epoch, Offset: uint64(1000 - want)}
		if past = e.read(t, "t", &since); !past.Whole || len(past.Events) != want {
			t.Fatalf("since %d: %d events, whole %v", since.Offset, len(past.Events), past.Whole)
		}
		if since.Offset--; want < 1000 && e.read(t, "t", &since).Whole {
			t.Fatalf("since %d is whole", since.Offset)
		}
		now = now.Add(15 * time.Minute)
	}
	must(t, e.Close())
}

// TestDamagedHistory: what is damaged is told and given up, the rest is read,
// and the topic goes on.
func TestDamagedHistory(t *testing.T) {
	key := core.TopicKey{Endpoint: "e", Topic: "t"}
	for name, c := range map[string]struct {
		damage func(*store) error
		left   int // of five events, after the first read
		fresh  bool
	}{
		"an event":         {func(st *store) error { return st.db.Set(eventKey(key, 3), []byte("x"), nil) }, 2, false},
		"the last":         {func(st *store) error { return st.db.Set(eventKey(key, 5), []byte{eventVersion, 0, 1, 9}, nil) }, 0, false},
		"one is missing":   {func(st *store) error { return st.db.Delete(eventKey(key, 3), nil) }, 2, false},
		"the first":        {func(st *store) error { return st.db.Delete(eventKey(key, 1), nil) }, 4, false},
		"the head":         {func(st *store) error { return st.db.Set(headKey(key), []byte{headVersion, 0, 1}, nil) }, 0, true},
		"an empty head":    {func(st *store) error { return st.db.Set(headKey(key), nil, nil) }, 0, true},
		"due":              {func(st *store) error { return st.db.Set([]byte("d\x00\x01"), nil, nil) }, 5, false},
		"a due of no use":  {func(st *store) error { return st.db.Set(dueKey(7, key), nil, nil) }, 5, false},
		"a due of nothing": {func(st *store) error { return st.db.Set(dueKey(7, core.TopicKey{}), nil, nil) }, 5, false},
	} {
		t.Run(name, func(t *testing.T) {
			now, path := time.Unix(1_900_000_000, 0), t.TempDir()
			e, _ := reopened(t, path, &now, 0)
			var at core.Position
			for range 5 {
				at = e.keep(t, "t", core.History{Size: 50, Age: time.Hour})
			}
			must(t, e.histories.flush())
			must(t, c.damage(e.store))
			must(t, e.Close())
			e, out := reopened(t, path, &now, 0)
			defer e.Close()
			past := e.read(t, "t", &core.Position{Epoch: at.Epoch})
			if len(past.Events) != c.left || past.Whole != (c.left == 5) {
				t.Fatalf("%d events, whole %v", len(past.Events), past.Whole)
			}
			if again := e.read(t, "t", &core.Position{Epoch: at.Epoch}); len(again.Events) != c.left {
				t.Fatalf("read again: %d events", len(again.Events))
			}
			e.tick(true)
			next := e.keep(t, "t", core.History{Size: 50, Age: time.Hour})
			if gone := past.Head.Offset == 0; c.fresh && next.Epoch == at.Epoch || gone != (next.Offset == 1) {
				t.Fatalf("after %v comes %v", at, next)
			}
			if told := strings.Contains(out.String(), "damaged"); told != (c.fresh || name == "an event" || name == "the last") {
				t.Fatalf("the log says %q", out.String())
			}
		})
	}
}

// TestDamagedEpochs: without them every topic that is not always synced has
// another epoch.
func TestDamagedEpochs(t *testing.T) {
	now, path := time.Unix(1_900_000_000, 0), t.TempDir()
	for name, damage := range map[string]func(*store) error{
		"base":    func(st *store) error { return st.db.Set(baseKey, []byte("x"), nil) },
		"bucket":  func(st *store) error { return st.db.Set([]byte("gx"), []byte{1}, nil) },
		"count":   func(st *store) error { return st.db.Set(bucketKey(7), nil, nil) },
		"no base": func(st *store) error { return st.db.Delete(baseKey, nil) },
	} {
		e, _ := reopened(t, path, &now, 0)
		batch, never := e.keep(t, "batch", minuteOfFive), e.read(t, "never", nil).Head
		always := e.keep(t, "always", core.History{Size: 5, Sync: core.SyncAlways})
		must(t, damage(e.store))
		must(t, e.Close())
		e, _ = reopened(t, path, &now, 0)
		if e.read(t, "batch", &batch).Whole || e.read(t, "never", &never).Whole || !e.read(t, "always", &always).Whole {
			t.Fatalf("%s: the epochs are not those they should be", name)
		}
		must(t, e.Close())
	}
}

// TestStoredRecordsLeave: idempotency records are removed when they are over.
func TestStoredRecordsLeave(t *testing.T) {
	now, path := time.Unix(1_900_000_000, 0), t.TempDir()
	e, _ := reopened(t, path, &now, 0)
	publish := func(key string) engine.Placed {
		t.Helper()
		ev := &core.Event{Key: core.TopicKey{Endpoint: "e", Topic: "t"}, Keep: core.History{Size: 5, Sync: core.SyncAlways}}
		placed, err := e.Append(background, []*core.Event{ev}, engine.AppendOptions{Dedupe: &engine.Dedupe{Scope: "c", Key: key}})
		must(t, err)
		return placed[0]
	}
	for i := range 10 {
		publish(fmt.Sprint(i))
		now = now.Add(time.Minute)
	}
	if n := keysIn(t, e.store, recordPrefix); n != 10 {
		t.Fatalf("%d records are stored", n)
	}
	now = now.Add(-time.Second)
	must(t, e.Close())
	e, _ = reopened(t, path, &now, 0)
	for i := range 10 {
		if p := publish(fmt.Sprint(i)); p.Duplicate != (i >= 5) || p.Duplicate && p.Pos.Offset != uint64(i+1) {
			t.Fatalf("%d was placed as %+v", i, p)
		}
	}
	must(t, e.store.db.Set(recordKey(minuteOf(now.UnixNano()), digestOf("c", "damaged")), []byte{recordVersion}, pebble.NoSync))
	must(t, e.Close())
	e, out := reopened(t, path, &now, 0)
	if p := publish("damaged"); p.Duplicate || !strings.Contains(out.String(), "damaged") {
		t.Fatalf("%+v, %q", p, out)
	}
	now = now.Add(engine.DedupeWindow + time.Minute)
	e.tick(true)
	if n := keysIn(t, e.store, recordPrefix); n != 0 {
		t.Fatalf("%d records are left", n)
	}
	if publish("9").Duplicate || e.records.former.Load() != nil {
		t.Fatal("former records are still looked for")
	}
	must(t, e.Close())
}
