package enginetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

// model is a KV as plainly as it can be written: what testModel compares with.
type model struct {
	quota int
	pairs map[string]modelPair
}

type modelPair struct {
	value string
	ends  time.Time // zero: never
}

// expire makes the model forget what is over.
func (m *model) expire(now time.Time) {
	for k, p := range m.pairs {
		if !p.ends.IsZero() && !now.Before(p.ends) {
			delete(m.pairs, k)
		}
	}
}

func (m *model) size() (n int) {
	for k, p := range m.pairs {
		n += len(k) + len(p.value)
	}
	return n
}

func (m *model) apply(now time.Time, writes []core.Write) error {
	before := model{m.quota, map[string]modelPair{}}
	for k, p := range m.pairs {
		before.pairs[k] = p
	}
	for _, w := range writes {
		if w.Value == nil {
			delete(m.pairs, w.Key)
			continue
		}
		p := modelPair{value: string(w.Value)}
		if w.TTL > 0 {
			p.ends = now.Add(w.TTL)
		}
		m.pairs[w.Key] = p
	}
	if n := m.size(); n > m.quota && n > before.size() {
		m.pairs = before.pairs
		return core.ErrQuota
	}
	return nil
}

func (m *model) incr(now time.Time, key string, delta int64, ttl time.Duration) (int64, error) {
	old, found := m.pairs[key]
	n, err := strconv.ParseInt(old.value, 10, 64)
	if found && err != nil {
		return 0, core.ErrNotInteger
	}
	w := core.Write{Key: key, Value: strconv.AppendInt(nil, n+delta, 10), TTL: ttl}
	if found && !old.ends.IsZero() {
		w.TTL = old.ends.Sub(now)
	} else if found {
		w.TTL = 0
	}
	return n + delta, m.apply(now, []core.Write{w})
}

func (m *model) scan(prefix string, limit int, reverse bool) string {
	var found []string
	for k, p := range m.pairs {
		if strings.HasPrefix(k, prefix) {
			found = append(found, k+"="+p.value)
		}
	}
	// By key; "=" would sort among the keys' own bytes.
	slices.SortFunc(found, func(a, b string) int {
		return strings.Compare(a[:strings.IndexByte(a, '=')], b[:strings.IndexByte(b, '=')])
	})
	if reverse {
		slices.Reverse(found)
	}
	return strings.Join(found[:min(limit, len(found))], " ")
}

// testModel runs random calls on an engine and on maps, and compares.
func testModel(t *testing.T, f fixture) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	kvs := [3]core.KV{f.KV("", 120), f.KV("a", 60), f.KV("ab", 400)}
	models := [3]model{{120, map[string]modelPair{}}, {60, map[string]modelPair{}}, {400, map[string]modelPair{}}}
	key := func() string { return "k\x00\xffz"[:1+r.IntN(4)] + []string{"", "\x00", "b", "\xff"}[r.IntN(4)] }
	value := func() []byte {
		if r.IntN(3) == 0 {
			return []byte(fmt.Sprint(r.IntN(2000) - 1000))
		}
		return []byte(strings.Repeat("v", r.IntN(20)))
	}
	ttl := func() time.Duration { return time.Duration(max(0, r.IntN(6)-2)) * time.Second }
	for step := range 6000 {
		i := r.IntN(3)
		kv, m, now := kvs[i], &models[i], f.clock.Now()
		m.expire(now)
		switch r.IntN(12) {
		case 0, 1, 2:
			writes := make([]core.Write, r.IntN(6))
			for j := range writes {
				if writes[j] = (core.Write{Key: key(), TTL: ttl()}); r.IntN(3) > 0 {
					writes[j].Value = value()
				}
			}
			same(t, step, kv.Apply(background, writes), m.apply(now, writes))
		case 3, 4:
			k, d, life := key(), int64(r.IntN(100)-50), ttl()
			sum, err := kv.Incr(background, k, d, life)
			want, wantErr := m.incr(now, k, d, life)
			if same(t, step, err, wantErr); err == nil && sum != want {
				t.Fatalf("step %d: %q + %d is %d, want %d", step, k, d, sum, want)
			}
		case 5, 6:
			k, w := key(), core.Write{TTL: ttl()}
			w.Key = k
			if r.IntN(4) > 0 {
				w.Value = value()
			}
			p, found := m.pairs[k]
			old, fits := []byte(p.value), true
			switch {
			case r.IntN(4) == 0:
				old, fits = value(), false
				fits = found && string(old) == p.value
			case !found:
				old = nil
			}
			swapped, err := kv.CAS(background, k, old, w.Value, w.TTL)
			var want error
			if fits {
				want = m.apply(now, []core.Write{w})
			}
			if same(t, step, err, want); err == nil && swapped != fits {
				t.Fatalf("step %d: CAS of %q swapped: %v, want %v", step, k, swapped, fits)
			}
		case 7, 8:
			k := key()
			if p, found := m.pairs[k]; found {
				holds(t, kv, k, p.value)
			} else {
				holds(t, kv, k, nil)
			}
		case 9, 10:
			prefix, limit, reverse := []string{"", key()}[r.IntN(2)], 1+r.IntN(20), r.IntN(2) == 0
			scans(t, kv, prefix, limit, reverse, m.scan(prefix, limit, reverse))
		default:
			f.clock.Step(time.Duration(r.IntN(1500)) * time.Millisecond)
		}
	}
}

func same(t *testing.T, step int, err, want error) {
	t.Helper()
	is(t, fmt.Sprint("step ", step), err, want)
}
