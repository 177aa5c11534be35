package local

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"github.com/driplet/driplet/core"
)

// lanes gives every topic a lock of its own for as long as somebody appends
// to it: one topic's events have one order, other topics do not wait.
//
// Lock order: lanes by topic (sorted), then the archive's flushing, then
// histories; or lanes, then a shard. Shards and histories are held for memory
// only. Lanes are held during I/O where a topic's order needs it: while it is
// brought back from the store, swept, or committed because it is always synced.
type lanes struct {
	seed   maphash.Seed
	shards [64]laneShard
}

type laneShard struct {
	mu      sync.Mutex
	byTopic map[core.TopicKey]*lane
	spare   []*lane
}

type lane struct {
	mu    sync.Mutex
	users int // who holds it or waits for it; guarded by the shard
}

// spareLanes is how many unused lanes a shard keeps: an append allocates none.
const spareLanes = 16

func (ls *lanes) init() {
	ls.seed = maphash.MakeSeed()
	for i := range ls.shards {
		ls.shards[i].byTopic = map[core.TopicKey]*lane{}
	}
}

func (ls *lanes) shard(k core.TopicKey) *laneShard {
	return &ls.shards[maphash.String(ls.seed, k.Topic)%uint64(len(ls.shards))]
}

// lock takes the topic's lane; unlock gives it back.
func (ls *lanes) lock(k core.TopicKey) *lane {
	s := ls.shard(k)
	s.mu.Lock()
	l := s.byTopic[k]
	if l == nil {
		if n := len(s.spare); n > 0 {
			l, s.spare = s.spare[n-1], s.spare[:n-1]
		} else {
			l = new(lane)
		}
		s.byTopic[k] = l
	}
	l.users++
	s.mu.Unlock()
	l.mu.Lock()
	return l
}

func (ls *lanes) unlock(k core.TopicKey, l *lane) {
	l.mu.Unlock()
	s := ls.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	delete(s.byTopic, k)
	if len(s.spare) < spareLanes {
		s.spare = append(s.spare, l)
	}
}

// lockAll takes the lanes of several events, each once and sorted, so that two
// batches never wait for each other; the result gives them back.
func (ls *lanes) lockAll(events []*core.Event) (unlock func()) {
	keys := make([]core.TopicKey, len(events))
	for i, ev := range events {
		keys[i] = ev.Key
	}
	slices.SortFunc(keys, func(a, b core.TopicKey) int {
		if c := strings.Compare(a.Endpoint, b.Endpoint); c != 0 {
			return c
		}
		return strings.Compare(a.Topic, b.Topic)
	})
	keys = slices.Compact(keys)
	held := make([]*lane, len(keys))
	for i, k := range keys {
		held[i] = ls.lock(k)
	}
	return func() {
		for i, k := range keys {
			ls.unlock(k, held[i])
		}
	}
}
