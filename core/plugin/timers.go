package plugin

import (
	"bytes"
	"container/heap"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/driplet/driplet/core"
)

// timers are those of a plugin on an endpoint. What a plugin sets is kept in
// the store until its handler has run, so that it outlives a restart; the
// manifest's own begin anew with each start.
type timers struct {
	kv   core.KV
	wake chan struct{} // something changed; holds one

	mu      sync.Mutex
	current map[string]uint64 // name to the nonce of its current setting
	repeats int               // the manifest's
	queue   timerQueue
}

// timer is one due time. Its place in the queue is void when its nonce is no
// longer the one in timers.current.
type timer struct {
	at    time.Time
	name  string
	nonce uint64
	every time.Duration // the manifest's; else 0
}

// The stored value: i64 at in milliseconds, u64 nonce, state.
const timerHeader = 16

func newTimers(kv core.KV) *timers {
	return &timers{kv: kv, wake: make(chan struct{}, 1), current: map[string]uint64{}}
}

// load reads what an earlier run left.
func (t *timers) load(ctx context.Context) error {
	stored, err := t.kv.Scan(ctx, "", core.ScanOptions{Limit: MaxTimers})
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range stored {
		if len(p.Value) < timerHeader {
			continue
		}
		at := time.UnixMilli(int64(binary.LittleEndian.Uint64(p.Value)))
		nonce := binary.LittleEndian.Uint64(p.Value[8:])
		t.current[p.Key] = nonce
		heap.Push(&t.queue, timer{at: at, name: p.Key, nonce: nonce})
	}
	return nil
}

// repeat sets the manifest's timers. Those whose interval stays keep their time:
// a reload puts nothing off.
func (t *timers) repeat(manifest map[string]time.Duration, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := map[string]bool{}
	t.queue = slices.DeleteFunc(t.queue, func(q timer) bool {
		if q.every == 0 {
			return false
		}
		kept[q.name] = manifest[q.name] == q.every
		return !kept[q.name]
	})
	for name, every := range manifest {
		if !kept[name] {
			t.queue = append(t.queue, timer{at: now.Add(every), name: name, every: every})
		}
	}
	t.repeats = len(manifest)
	heap.Init(&t.queue)
	t.changed()
}

// changed wakes whoever waits for the next timer.
func (t *timers) changed() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// full reports whether there is no room for a timer of that name.
func (t *timers) full(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.current[name]
	return !known && len(t.current) >= MaxTimers
}

// errTooManyTimers: several handlers at once saw room for the last ones.
var errTooManyTimers = fmt.Errorf("there are %d timers already", MaxTimers)

// set stores a timer; at 0 takes it back.
func (t *timers) set(ctx context.Context, name string, at int64, state []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.current[name]
	switch {
	case at == 0:
		delete(t.current, name)
		t.prune()
		return t.kv.Apply(ctx, []core.Write{{Key: name}})
	case !known && len(t.current) >= MaxTimers:
		return errTooManyTimers
	}
	nonce := rand.Uint64()
	value := binary.LittleEndian.AppendUint64(nil, uint64(at))
	value = binary.LittleEndian.AppendUint64(value, nonce)
	if err := t.kv.Apply(ctx, []core.Write{{Key: name, Value: append(value, state...)}}); err != nil {
		return err
	}
	t.current[name] = nonce
	heap.Push(&t.queue, timer{at: time.UnixMilli(at), name: name, nonce: nonce})
	t.prune()
	t.changed()
	return nil
}

// voidTimers are how many void places the queue may hold beside as many as are
// set: a handler that puts off one timer at each event must not fill the memory
// until that is due.
const voidTimers = 64

// prune removes void places when there are many.
func (t *timers) prune() {
	if void := len(t.queue) - t.repeats - len(t.current); void <= max(voidTimers, len(t.current)) {
		return
	}
	t.queue = slices.DeleteFunc(t.queue, t.void)
	heap.Init(&t.queue)
}

// void reports whether a place in the queue was set anew or taken back.
func (t *timers) void(q timer) bool { return q.every == 0 && t.current[q.name] != q.nonce }

// next takes what is due, or tells how long to wait for it.
func (t *timers) next(now time.Time) (due timer, wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.queue) > 0 {
		first := t.queue[0]
		if t.void(first) {
			heap.Pop(&t.queue)
			continue
		}
		if first.at.After(now) {
			return timer{}, first.at.Sub(now), false
		}
		heap.Pop(&t.queue)
		if first.every > 0 {
			again := first
			again.at = now.Add(first.every)
			heap.Push(&t.queue, again)
		}
		return first, 0, true
	}
	return timer{}, time.Hour, false
}

// stored is the value of a timer that is due, if it is still set.
func (t *timers) stored(ctx context.Context, due timer) (value []byte, set bool, err error) {
	value, set, err = t.kv.Get(ctx, due.name)
	return value, set && len(value) >= timerHeader && binary.LittleEndian.Uint64(value[8:]) == due.nonce, err
}

// done forgets a timer whose handler has run, unless it was set anew.
func (t *timers) done(ctx context.Context, due timer, value []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current[due.name] == due.nonce {
		delete(t.current, due.name)
	}
	_, err := t.kv.CAS(ctx, due.name, value, nil, 0)
	return err
}

// again puts off a timer that the plugin could not take.
func (t *timers) again(due timer, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	due.at = at
	heap.Push(&t.queue, due)
}

// runTimers fires what is due, one after the other, until ctx ends.
func (s *seat) runTimers(ctx context.Context) {
	for ctx.Err() == nil {
		due, wait, ok := s.timers.next(s.host.Now())
		if ok {
			s.fire(ctx, due)
			continue
		}
		sleep := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-s.timers.wake:
		case <-sleep.C:
		}
		sleep.Stop()
	}
}

func (s *seat) fire(ctx context.Context, due timer) {
	input := Input{Kind: KindTimer, Event: due.name, Time: s.host.Now(), Endpoint: s.endpoint.Name}
	if due.every > 0 {
		// A reload may just have taken it back.
		s.deliver(ctx, &input, nil, func(b *binding) bool { return b.Timers[due.name] == due.every })
		return
	}
	value, set, err := s.timers.stored(ctx, due)
	if err != nil && ctx.Err() == nil {
		s.logTimer("a timer that is due could not be read: it is tried again", due, err)
		s.timers.again(due, s.host.Now().Add(timerRetry))
		return
	}
	if err != nil || !set {
		return
	}
	input.State = bytes.Clone(value[timerHeader:])
	if !s.deliver(ctx, &input, nil, nil) {
		s.timers.again(due, s.host.Now().Add(timerRetry))
		return
	}
	if err := s.timers.done(context.WithoutCancel(ctx), due, value); err != nil {
		s.logTimer("a timer that has fired could not be removed: it may fire again after a restart", due, err)
	}
}

func (s *seat) logTimer(fault string, due timer, err error) {
	s.host.Log.Error(fault, "plugin", s.plugin, "endpoint", s.endpoint.Name, "timer", due.name, "error", err)
}

// timerQueue is a heap, the earliest first.
type timerQueue []timer

func (q timerQueue) Len() int           { return len(q) }
func (q timerQueue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q timerQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push is heap.Interface's.
func (q *timerQueue) Push(x any) { *q = append(*q, x.(timer)) }

// Pop is heap.Interface's.
func (q *timerQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
