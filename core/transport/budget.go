package transport

import (
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"

	"github.com/driplet/driplet/core"
)

// Budget bounds what all connections of the process may cost together. Zero is
// no bound.
type Budget struct {
	Connections int
	QueueBytes  int64 // waiting to be sent
	Memory      int64 // of the whole process
}

// budget is a Budget at work. When the process has reached its memory, new
// connections are refused; while that does not help, the connection with the
// longest queue is closed, one a second.
type budget struct {
	Budget
	boundBy string       // what bounds Connections, for who is refused
	used    func() int64 // bytes of memory
	full    atomic.Bool
	open    atomic.Int64
	queued  atomic.Int64
	mu      sync.Mutex
	waiting map[*outlet]struct{} // those with a queue
}

func (b *budget) init(limits Budget) {
	b.Budget, b.used, b.waiting = limits, memoryInUse, map[*outlet]struct{}{}
	b.boundBy = "Global.Connections"
	if limits.Memory > 0 {
		// The collector works harder before anybody has to be refused.
		debug.SetMemoryLimit(limits.Memory / 10 * 9)
	}
}

// admit counts a connection in, or says why not.
func (b *budget) admit() error {
	switch {
	case b.full.Load():
		return core.Errorf(core.CodeUnavailable, "the server has reached its memory (Global.Memory): come back later")
	case b.open.Add(1) > int64(b.Connections) && b.Connections > 0:
		b.open.Add(-1)
		return core.Errorf(core.CodeUnavailable, "the server has its %d connections (%s): come back later", b.Connections, b.boundBy)
	}
	return nil
}

func (b *budget) release() { b.open.Add(-1) }

// charge counts bytes that wait, or no longer do, and reports whether the
// queues of all are within their bound.
func (b *budget) charge(bytes int) bool {
	return b.queued.Add(int64(bytes)) <= b.QueueBytes || b.QueueBytes <= 0 || bytes <= 0
}

func (b *budget) waits(o *outlet, yes bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if yes {
		b.waiting[o] = struct{}{}
	} else {
		delete(b.waiting, o)
	}
}

// check looks at the memory, once a second.
func (b *budget) check() (full bool) {
	full = b.Memory > 0 && b.used() > b.Memory
	if full && b.full.Load() {
		if o := b.slowest(); o != nil {
			o.giveUp()
		}
	}
	b.full.Store(full)
	return full
}

func (b *budget) slowest() (worst *outlet) {
	b.mu.Lock()
	defer b.mu.Unlock()
	most := int64(0)
	for o := range b.waiting {
		if n := o.charged.Load(); n > most {
			worst, most = o, n
		}
	}
	return worst
}

// memoryInUse is what the Go runtime holds of the system's memory.
func memoryInUse() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64() - sample[1].Value.Uint64())
}
