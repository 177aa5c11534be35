package enginetest

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

func set(key, value string) []core.Write {
	return []core.Write{{Key: key, Value: []byte(value)}}
}

func lasting(key, value string, ttl time.Duration) []core.Write {
	return []core.Write{{Key: key, Value: []byte(value), TTL: ttl}}
}

// holds compares what is at key with want; nil is nothing.
func holds(t *testing.T, kv core.KV, key string, want any) {
	t.Helper()
	v, found, err := kv.Get(background, key)
	if ok(t, err); found != (want != nil) || found && string(v) != want {
		t.Fatalf("%q holds %q (%v), want %v", key, v, found, want)
	}
	if found && v == nil {
		t.Fatalf("%q: an empty value came back nil", key)
	}
}

// scans compares a scan, written "key=value key=value".
func scans(t *testing.T, kv core.KV, prefix string, limit int, reverse bool, want string) {
	t.Helper()
	scansBy(t, kv, prefix, core.ScanOptions{Limit: limit, Reverse: reverse}, want)
}

func scansBy(t *testing.T, kv core.KV, prefix string, o core.ScanOptions, want string) {
	t.Helper()
	pairs, err := kv.Scan(background, prefix, o)
	ok(t, err)
	var got []string
	for _, p := range pairs {
		got = append(got, p.Key+"="+string(p.Value))
	}
	if s := strings.Join(got, " "); s != want {
		t.Fatalf("scan %q %+v: %q, want %q", prefix, o, s, want)
	}
}

func testKV(t *testing.T, f fixture) {
	kv := f.KV("n", 1<<20)
	holds(t, kv, "a", nil)
	ok(t, kv.Apply(background, set("a", "1")))
	holds(t, kv, "a", "1")
	// In order: the last write to a key is what is left.
	ok(t, kv.Apply(background, []core.Write{
		{Key: "a"}, {Key: "b", Value: []byte("x")}, {Key: "a", Value: []byte("2")}, {Key: "b"}, {Key: "c", Value: []byte{}},
	}))
	holds(t, kv, "a", "2")
	holds(t, kv, "b", nil)
	holds(t, kv, "c", "")
	ok(t, kv.Apply(background, nil))
	ok(t, kv.Apply(background, []core.Write{{Key: "never was"}}))

	mine := []byte("mine")
	ok(t, kv.Apply(background, []core.Write{{Key: "copy", Value: mine}}))
	mine[0] = 'X'
	v, _, _ := kv.Get(background, "copy")
	v[1] = 'X'
	holds(t, kv, "copy", "mine")
	holds(t, f.KV("n", 1<<20), "copy", "mine") // another open, the same data
}

func testNamespaces(t *testing.T, f fixture) {
	names := []string{"", "a", "ab", "a\x00", "a/b", "\x01a", "\xff", "\xff\xff", strings.Repeat("n", 300)}
	for _, n := range names {
		ok(t, f.KV(n, 1000).Apply(background, []core.Write{
			{Key: "b", Value: []byte(n)}, {Key: "\xff", Value: []byte("last")}, {Key: "ttl", Value: []byte("x"), TTL: time.Minute},
		}))
	}
	for _, n := range names {
		scans(t, f.KV(n, 1000), "", 10, false, "b="+n+" ttl=x \xff=last")
		ok(t, f.KV(n, 1000).Apply(background, []core.Write{{Key: "b"}}))
	}
	f.clock.Step(time.Hour)
	for _, n := range names {
		scans(t, f.KV(n, 1000), "", 10, true, "\xff=last")
	}
}

func testCAS(t *testing.T, f fixture) {
	kv := f.KV("n", 1000)
	cas := func(old, new []byte, ttl time.Duration, want bool) {
		t.Helper()
		swapped, err := kv.CAS(background, "k", old, new, ttl)
		if ok(t, err); swapped != want {
			t.Fatalf("CAS %q to %q: %v", old, new, swapped)
		}
	}
	a, b, empty := []byte("a"), []byte("b"), []byte{}
	cas(a, b, 0, false)
	cas(empty, b, 0, false)
	cas(nil, nil, 0, true)
	cas(nil, a, 0, true)
	cas(nil, b, 0, false)
	cas(b, a, 0, false)
	cas(a, empty, 0, true)
	cas(nil, b, 0, false) // empty is not absent
	cas(empty, b, time.Minute, true)
	holds(t, kv, "k", "b")
	f.clock.Step(time.Minute)
	cas(b, a, 0, false) // over is absent
	cas(nil, a, time.Minute, true)
	cas(a, b, 0, true) // for ever again
	f.clock.Step(time.Hour)
	cas(b, nil, 0, true)
	holds(t, kv, "k", nil)
}

func testIncr(t *testing.T, f fixture) {
	kv := f.KV("n", 1000)
	incr := func(key string, delta, want int64, ttl time.Duration) {
		t.Helper()
		sum, err := kv.Incr(background, key, delta, ttl)
		if ok(t, err); sum != want {
			t.Fatalf("%s + %d is %d, want %d", key, delta, sum, want)
		}
		holds(t, kv, key, fmt.Sprint(want))
	}
	incr("k", 5, 5, 0)
	incr("k", -7, -2, time.Second) // created without a lifetime: it gets none
	f.clock.Step(time.Minute)
	incr("k", 0, -2, 0)
	incr("short", 1, 1, time.Minute)
	f.clock.Step(30 * time.Second)
	incr("short", 1, 2, time.Hour) // the lifetime is kept
	f.clock.Step(30 * time.Second)
	incr("short", 1, 1, time.Minute)

	incr("max", math.MaxInt64, math.MaxInt64, 0)
	incr("min", math.MinInt64, math.MinInt64, 0)
	ok(t, kv.Apply(background, set("text", "1.5")))
	ok(t, kv.Apply(background, set("empty", "")))
	for key, delta := range map[string]int64{"max": 1, "min": -1, "text": 1, "empty": 1} {
		before, _, _ := kv.Get(background, key)
		_, err := kv.Incr(background, key, delta, 0)
		is(t, key, err, core.ErrNotInteger)
		holds(t, kv, key, string(before))
	}
}

func testScan(t *testing.T, f fixture) {
	kv := f.KV("n", 1000)
	scans(t, kv, "", 10, false, "")
	for _, k := range []string{"b", "a", "ab", "a\xff", "a\xff\xff", "c", "aa"} {
		ok(t, kv.Apply(background, set(k, k)))
	}
	scans(t, kv, "", 3, false, "a=a aa=aa ab=ab")
	scans(t, kv, "", 2, true, "c=c b=b")
	scans(t, kv, "a", 10, false, "a=a aa=aa ab=ab a\xff=a\xff a\xff\xff=a\xff\xff")
	scans(t, kv, "a", 2, true, "a\xff\xff=a\xff\xff a\xff=a\xff")
	scans(t, kv, "a\xff", 10, true, "a\xff\xff=a\xff\xff a\xff=a\xff")
	scans(t, kv, "b", 1, false, "b=b")
	scans(t, kv, "bb", 10, false, "")
	scans(t, kv, "", 0, false, "")
	scans(t, kv, "", -1, true, "")
}

// testScanAfter walks on behind keys that are there, were, and never were, with
// pairs that are stored for long, just written and just deleted.
func testScanAfter(t *testing.T, f fixture) {
	kv := f.KV("n", 1000)
	neighbours := []string{"m", "n\x00", "o"}
	for _, name := range neighbours {
		ok(t, f.KV(name, 1000).Apply(background, set("a", "not mine")))
	}
	for _, k := range []string{"a", "aa", "ab", "b", "b\x00", "ba", "c", "\xff", "\xff\xff"} {
		ok(t, kv.Apply(background, set(k, k)))
	}
	ok(t, kv.Apply(background, []core.Write{{Key: "aa"}}))
	ok(t, kv.Apply(background, lasting("ac", "ac", time.Second)))
	f.clock.Step(time.Second)
	for _, c := range []struct {
		prefix, after string
		reverse       bool
		want          string
	}{
		{"", "a", false, "ab=ab b=b b\x00=b\x00 ba=ba c=c \xff=\xff \xff\xff=\xff\xff"},
		{"", "a", true, ""},
		{"", "b", true, "ab=ab a=a"},
		{"", "b\x00", true, "b=b ab=ab a=a"},
		{"", "b", false, "b\x00=b\x00 ba=ba c=c \xff=\xff \xff\xff=\xff\xff"},
		{"", "c", false, "\xff=\xff \xff\xff=\xff\xff"},
		{"", "\xff", true, "c=c ba=ba b\x00=b\x00 b=b ab=ab a=a"},
		{"", "\xff\xff", false, ""},
		{"\xff", "\xff", false, "\xff\xff=\xff\xff"},
		{"\xff", "\xff", true, ""},
		{"\xff", "\xff\xff", true, "\xff=\xff"},
		// A key that is gone.
		{"a", "aa", false, "ab=ab"},
		{"a", "aa", true, "a=a"},
		// Keys that do not start with the prefix: before it, behind it.
		{"b", "a", false, "b=b b\x00=b\x00 ba=ba"},
		{"b", "a", true, ""},
		{"b", "bz", true, "ba=ba b\x00=b\x00 b=b"},
		{"b", "c", true, "ba=ba b\x00=b\x00 b=b"},
		{"b", "c", false, ""},
		{"b", "", true, "ba=ba b\x00=b\x00 b=b"},
		{"none", "a", false, ""},
	} {
		scansBy(t, kv, c.prefix, core.ScanOptions{Limit: 20, After: c.after, Reverse: c.reverse}, c.want)
	}
	scansBy(t, kv, "", core.ScanOptions{Limit: 2, After: "a", Without: map[string]bool{"ab": true}}, "b=b b\x00=b\x00")
	scansBy(t, kv, "", core.ScanOptions{Limit: 9, After: "c", Bytes: 1, Reverse: true}, "ba=ba")
	for _, name := range neighbours {
		scansBy(t, f.KV(name, 1000), "", core.ScanOptions{Limit: 9, After: "\x00"}, "a=not mine")
	}

	// Whatever the page's size, forwards and backwards: each pair once, in order.
	var keys []string
	var writes []core.Write
	many := f.KV("many", 1<<20)
	for i := range 300 {
		keys = append(keys, fmt.Sprintf("q/%04d", i))
		writes = append(writes, set(keys[i], "v")...)
	}
	ok(t, many.Apply(background, writes))
	ok(t, many.Apply(background, append(set("p", "v"), set("q0", "v")...)))
	for _, reverse := range []bool{false, true} {
		for _, size := range []int{1, 7, 100, 300, 1000} {
			var got []string
			o := core.ScanOptions{Limit: size, Reverse: reverse}
			for {
				page, err := many.Scan(background, "q/", o)
				if ok(t, err); len(page) == 0 {
					break
				}
				for _, p := range page {
					got = append(got, p.Key)
				}
				o.After = got[len(got)-1]
			}
			if reverse {
				slices.Reverse(got)
			}
			if !slices.Equal(got, keys) {
				t.Fatalf("pages of %d, reverse %v: %q", size, reverse, got)
			}
		}
	}
}

func testScanOptions(t *testing.T, f fixture) {
	kv := f.KV("n", 1000)
	for _, k := range []string{"a", "b", "c", "d"} {
		ok(t, kv.Apply(background, set(k, strings.Repeat(k, 4))))
	}
	// The pair at which there are enough bytes is the last.
	scansBy(t, kv, "", core.ScanOptions{Limit: 9, Bytes: 1}, "a=aaaa")
	scansBy(t, kv, "", core.ScanOptions{Limit: 9, Bytes: 5}, "a=aaaa")
	scansBy(t, kv, "", core.ScanOptions{Limit: 9, Bytes: 6}, "a=aaaa b=bbbb")
	scansBy(t, kv, "", core.ScanOptions{Limit: 9, Bytes: 6, Reverse: true}, "d=dddd c=cccc")
	scansBy(t, kv, "", core.ScanOptions{Limit: 1, Bytes: 6}, "a=aaaa")
	scansBy(t, kv, "", core.ScanOptions{Limit: 9, Bytes: 1000}, "a=aaaa b=bbbb c=cccc d=dddd")
	scansBy(t, kv, "", core.ScanOptions{Bytes: 1000}, "")
	// What is passed over counts for nothing.
	without := map[string]bool{"a": true, "c": true, "none": true}
	scansBy(t, kv, "", core.ScanOptions{Limit: 2, Without: without}, "b=bbbb d=dddd")
	scansBy(t, kv, "", core.ScanOptions{Limit: 9, Bytes: 5, Without: without}, "b=bbbb")
	scansBy(t, kv, "a", core.ScanOptions{Limit: 9, Without: without}, "")
	// Values lie in the room, or elsewhere, but never upon each other.
	for size := range 20 {
		room := append(make([]byte, 0, size+1), 'x')
		scansBy(t, kv, "", core.ScanOptions{Limit: 9, Room: room}, "a=aaaa b=bbbb c=cccc d=dddd")
		if room[0] != 'x' {
			t.Fatalf("a room of %d bytes begins with %q after a scan", size, room[0])
		}
	}
}

func testLifetimes(t *testing.T, f fixture) {
	kv := f.KV("n", 1000)
	ok(t, kv.Apply(background, lasting("k", "v", time.Second)))
	ok(t, kv.Apply(background, lasting("l", "v", 3*time.Second)))
	f.clock.Step(time.Second - 1)
	scans(t, kv, "", 10, false, "k=v l=v")
	f.clock.Step(1)
	holds(t, kv, "k", nil)
	scans(t, kv, "", 10, false, "l=v")
	ok(t, kv.Apply(background, set("l", "stays"))) // no lifetime of its own
	f.clock.Step(time.Hour)
	scans(t, kv, "", 10, true, "l=stays")
	ok(t, kv.Apply(background, lasting("long", "v", math.MaxInt64)))
	f.clock.Step(100 * 365 * 24 * time.Hour)
	holds(t, kv, "long", "v")
}

func testBounds(t *testing.T, f fixture) {
	kv := f.KV("n", 4<<20)
	long, big := strings.Repeat("k", core.MaxKeyBytes), bytes.Repeat([]byte("v"), core.MaxValueBytes)
	ok(t, kv.Apply(background, []core.Write{{Key: long, Value: big}, {Key: "k", Value: big}, {Key: "l", Value: big}}))
	holds(t, kv, long, string(big))
	for key, value := range map[string][]byte{"": {}, long + "k": {}, "v": append(big, 'v')} {
		want := core.ErrKeySize
		if key == "v" {
			want = core.ErrValueSize
		}
		is(t, "Apply", kv.Apply(background, []core.Write{{Key: "ok", Value: []byte{}}, {Key: key, Value: value}}), want)
		_, err := kv.CAS(background, key, nil, value, 0)
		is(t, "CAS", err, want)
		if key != "v" {
			_, _, err = kv.Get(background, key)
			is(t, "Get", err, want)
			_, err = kv.Incr(background, key, 1, 0)
			is(t, "Incr", err, want)
		}
	}
	holds(t, kv, "ok", nil)
	is(t, "Apply", kv.Apply(background, lasting("k", "v", -1)), core.ErrLifetime)
	_, err := kv.Incr(background, "k", 1, -1)
	is(t, "Incr", err, core.ErrLifetime)
}

func testConcurrent(t *testing.T, f fixture) {
	kv := f.KV("n", 200)
	const workers, each = 8, 100
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				if _, err := kv.Incr(background, "sum", 1, 0); err != nil {
					t.Error(err)
				}
				v := []byte(fmt.Sprint(w, i))
				if err := kv.Apply(background, []core.Write{{Key: "x1", Value: v}, {Key: "x2", Value: v}}); err != nil {
					t.Error(err)
				}
				for swapped := false; !swapped; {
					old, _, err := kv.Get(background, "cas")
					if err != nil {
						t.Error(err)
					}
					if swapped, err = kv.CAS(background, "cas", old, append(bytes.Clone(old), '.')[:(len(old)+1)%50], 0); err != nil {
						t.Error(err)
					}
				}
				pairs, err := kv.Scan(background, "x", core.ScanOptions{Limit: 2})
				if err != nil || len(pairs) != 2 || !bytes.Equal(pairs[0].Value, pairs[1].Value) {
					t.Errorf("half of a call was seen: %q %v", pairs, err)
				}
			}
		})
	}
	wg.Wait()
	holds(t, kv, "sum", fmt.Sprint(workers*each))
}
