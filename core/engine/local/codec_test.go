package local

import (
	"bytes"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// FuzzEvent: what is written is read, and anything may be read.
func FuzzEvent(f *testing.F) {
	f.Add("name", []byte(`{"a":1}`), "s", "u", []byte(`{"include":{"x":1}}`), int64(5), byte(1), appendEvent(nil, &core.Event{Data: []byte("1")}, 7))
	f.Add("", []byte{}, "", "", []byte(nil), int64(-1), byte(0), []byte{eventVersion, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, name string, data []byte, except, from string, raw []byte, at int64, overflow byte, any []byte) {
		ev := &core.Event{Name: name, Data: data, Except: core.SessionID(except), From: from, Overflow: core.Overflow(overflow % 3)}
		if len(raw) > 0 {
			c := []core.Condition{{Path: name, Want: core.Values{List: overflow > 5, Values: []core.Value{core.Value(except), core.Value(from)}}}, {Path: from}}
			ev.Target = &core.Target{Raw: raw, Include: c, All: c[1:]}
		}
		stored := appendEvent(nil, ev, at)
		got, err := parseEvent(stored)
		if ev.Data == nil {
			ev.Data = []byte{}
		}
		if err != nil || got.at != at || !reflect.DeepEqual(got.event, ev) {
			t.Fatalf("%+v became %+v at %d, %v", ev, got.event, got.at, err)
		}
		if read, err := placedAt(stored); err != nil || read != at {
			t.Fatalf("placed at %d, %v", read, err)
		}
		for n := range stored {
			if _, err := parseEvent(stored[:n]); err == nil {
				t.Fatalf("%d bytes of %d are taken for an event", n, len(stored))
			}
		}
		parseEvent(any)
		placedAt(any)
	})
}

// FuzzHead is the same for heads and due keys.
func FuzzHead(f *testing.F) {
	f.Add("epoch", "base", uint64(7), int64(9), uint16(100), int64(time.Hour), "e", "t", []byte{headVersion})
	f.Fuzz(func(t *testing.T, epoch, base string, offset uint64, at int64, size uint16, age int64, endpoint, topic string, any []byte) {
		want := head{epoch: epoch + "x", base: base, offset: offset, last: at, due: -at, keep: core.History{Size: int(size) + 1, Age: time.Duration(age), Sync: core.Sync(size % 2)}}
		stored := want.append(nil)
		if got, err := parseHead(stored); err != nil || got != want {
			t.Fatalf("%+v became %+v, %v", want, got, err)
		}
		for n := range stored {
			if _, err := parseHead(stored[:n]); err == nil {
				t.Fatalf("%d bytes of %d are taken for a head", n, len(stored))
			}
		}
		parseHead(any)
		k := core.TopicKey{Endpoint: endpoint, Topic: topic}
		if due, got, ok := parseDue(dueKey(at, k)); !ok || due != at || got != k {
			t.Fatalf("%d %v became %d %v", at, k, due, got)
		}
		parseDue(any)
		if !bytes.HasPrefix(eventKey(k, offset), eventKeys(k)) || offsetOf(eventKey(k, offset)) != offset {
			t.Fatal("an event's key does not begin as its topic's do")
		}
	})
}

// FuzzRecord is the same for idempotency records.
func FuzzRecord(f *testing.F) {
	f.Add("c", "k", int64(1_900_000_000_000_000_000), "epoch", uint64(3), byte(5), []byte{recordVersion})
	f.Fuzz(func(t *testing.T, scope, key string, at int64, epoch string, offset uint64, shape byte, any []byte) {
		db, err := pebble.Open("", &pebble.Options{FS: vfs.NewMem(), DisableWAL: true, FormatMajorVersion: storeFormat, Logger: storeLog{log: slog.New(slog.DiscardHandler)}})
		must(t, err)
		defer db.Close()
		b := db.NewBatch()
		defer b.Close()
		events := []*core.Event{{Pos: core.Position{Epoch: epoch, Offset: offset | 1}}, {}}
		want := []engine.Placed{{Pos: events[0].Pos}, {}}
		var filtered []engine.Placed
		if shape%2 == 1 {
			filtered = []engine.Placed{{}, {Dropped: true}, {}}
			want = []engine.Placed{want[0], {Dropped: true}, want[1]}
		}
		r := newRecordToStore(&engine.Dedupe{Scope: scope, Key: key, Hash: [32]byte{shape}}, filtered, time.Unix(0, at))
		must(t, r.stage(b, events))
		must(t, b.Commit(pebble.NoSync))
		stored, closer, err := db.Get(recordKey(minuteOf(at), digestOf(scope, key)))
		must(t, err)
		defer closer.Close()
		hash, when, placed, err := parseRecord(stored)
		if err != nil || hash != [32]byte{shape} || when != at || !reflect.DeepEqual(placed, want) {
			t.Fatalf("%v became %v at %d, %v", want, placed, when, err)
		}
		for n := range stored {
			if _, _, _, err := parseRecord(stored[:n]); err == nil {
				t.Fatalf("%d bytes of %d are taken for a record", n, len(stored))
			}
		}
		parseRecord(any)
	})
}
