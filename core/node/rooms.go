package node

import (
	"hash/maphash"
	"sync"

	"github.com/driplet/driplet/core"
)

// rooms knows who is on which topic, as of the requests that were answered;
// the hub follows in the mailbox's order. Striped, so that topics seldom wait
// for one another. Under a topic's stripe its changes enter the mailbox in the
// order in which they happen here.
type rooms struct {
	seed    maphash.Seed
	stripes [64]stripe
}

type stripe struct {
	mu     sync.Mutex
	topics map[core.TopicKey]map[*Session]struct{}
}

func (r *rooms) init() {
	r.seed = maphash.MakeSeed()
	for i := range r.stripes {
		r.stripes[i].topics = map[core.TopicKey]map[*Session]struct{}{}
	}
}

func (r *rooms) of(k core.TopicKey) *stripe {
	return &r.stripes[maphash.Comparable(r.seed, k)%uint64(len(r.stripes))]
}

func (st *stripe) add(k core.TopicKey, s *Session) {
	m := st.topics[k]
	if m == nil {
		m = map[*Session]struct{}{}
		st.topics[k] = m
	}
	m[s] = struct{}{}
}

func (st *stripe) remove(k core.TopicKey, s *Session) {
	m := st.topics[k]
	delete(m, s)
	if len(m) == 0 {
		delete(st.topics, k)
	}
}

// members copies who is on a topic.
func (r *rooms) members(k core.TopicKey) []*Session {
	st := r.of(k)
	st.mu.Lock()
	defer st.mu.Unlock()
	out := make([]*Session, 0, len(st.topics[k]))
	for s := range st.topics[k] {
		out = append(out, s)
	}
	return out
}
