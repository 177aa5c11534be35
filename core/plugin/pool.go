package plugin

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/driplet/driplet/core/plugin/lane"
)

// errBusy: no instance became free in time.
var errBusy = errors.New("no instance became free in time")

// pool holds the instances of a plugin on an endpoint. A token in slots is the
// right to make one; what is made goes through idle, first in first out. One
// that is put back while nobody waits stays at hand in spare: both ways take a
// third of what they take through the channel.
type pool struct {
	spare     atomic.Pointer[instance]
	waiting   atomic.Int32 // for idle: while there are any, spare is left alone
	idle      chan *instance
	slots     chan struct{}
	makeFirst bool // make all before one is used again: they take turns
}

func newPool(size int, makeFirst bool) *pool {
	p := &pool{idle: make(chan *instance, size), slots: make(chan struct{}, size), makeFirst: makeFirst}
	for range size {
		p.slots <- struct{}{}
	}
	return p
}

// poolSize is the usual size for a module.
func (mod *module) poolSize() int {
	switch n := runtime.GOMAXPROCS(0); {
	case mod.Limits.Instances > 0:
		return mod.Limits.Instances
	case mod.size > instanceBytes:
		return n
	default:
		return 2 * n
	}
}

// take gets an instance, makes one, or waits for one until wait has passed or
// ctx ends. Whoever gets one calls put or discard.
func (p *pool) take(ctx context.Context, b *binding, wait time.Duration) (*instance, error) {
	if p.makeFirst {
		select {
		case <-p.slots:
			return p.make(b)
		default:
		}
	} else if in := p.atHand(); in != nil {
		return in, nil
	}
	select {
	case in := <-p.idle:
		return in, nil
	default:
	}
	select {
	case in := <-p.idle:
		return in, nil
	case <-p.slots:
		return p.make(b)
	default:
	}
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	if in := p.atHand(); in != nil { // put back before it was known that somebody waits
		return in, nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case in := <-p.idle:
		return in, nil
	case <-p.slots:
		return p.make(b)
	case <-timer.C:
		return nil, errBusy
	case <-ctx.Done():
		return nil, errBusy
	}
}

func (p *pool) make(b *binding) (*instance, error) {
	began := time.Now()
	in, err := newInstance(b)
	if err != nil {
		rest := time.Duration(0)
		if err != errBusy {
			rest = b.rest(time.Since(began))
		}
		p.vacate(rest)
		return nil, err
	}
	return in, nil
}

// put gives an instance back.
func (p *pool) put(in *instance) {
	in.leave()
	if !p.makeFirst && p.waiting.Load() == 0 && p.spare.CompareAndSwap(nil, in) {
		if p.waiting.Load() == 0 {
			return
		}
		if in = p.atHand(); in == nil { // whoever waits now may have looked before
			return
		}
	}
	p.idle <- in
}

// atHand takes spare, if there is one.
func (p *pool) atHand() *instance {
	if p.spare.Load() == nil {
		return nil
	}
	return p.spare.Swap(nil)
}

// discard closes an instance that must not be used again. Its place comes free
// after a rest.
func (p *pool) discard(in *instance, rest time.Duration) {
	in.close()
	p.vacate(rest)
	lane.LetOthersRun()
}

// vacate gives the right to make an instance back, after a rest.
func (p *pool) vacate(rest time.Duration) {
	if rest <= 0 {
		p.slots <- struct{}{}
		return
	}
	time.AfterFunc(rest, func() { p.slots <- struct{}{} })
}

// drain closes all instances, waiting for those in use; nothing can be taken
// afterwards.
func (p *pool) drain() {
	p.waiting.Add(1)
	if in := p.atHand(); in != nil {
		p.idle <- in
	}
	for range cap(p.slots) {
		select {
		case in := <-p.idle:
			in.close()
		case <-p.slots:
		}
	}
}
