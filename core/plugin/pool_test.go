package plugin

import (
	"sync"
	"testing"
	"time"
)

// TestNobodyWaitsBesideAFreeInstance has callers come for one instance at the
// very moment that it is put back.
func TestNobodyWaitsBesideAFreeInstance(t *testing.T) {
	p := newPool(1, false)
	<-p.slots
	p.put(new(instance))
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 50_000 {
				in, err := p.take(t.Context(), nil, time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				p.put(in)
			}
		})
	}
	callers.Wait()
}

// TestWhoWaitsIsServedThroughTheQueue looks at where instances are put back.
func TestWhoWaitsIsServedThroughTheQueue(t *testing.T) {
	p := newPool(2, false)
	for range 2 {
		<-p.slots
		p.put(new(instance))
	}
	if p.spare.Load() == nil || len(p.idle) != 1 {
		t.Fatal("one is to be at hand, one in the queue")
	}
	p.waiting.Add(1)
	p.put(p.atHand())
	if p.spare.Load() != nil || len(p.idle) != 2 {
		t.Fatal("while somebody waits, all go through the queue")
	}
}
