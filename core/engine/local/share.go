package local

import (
	"sync"
	"sync/atomic"
)

// fairness is how many times what is still free one credential may hold. With
// 8 a credential alone gets 8/9 of a table, two get 8/17 each, and one that
// floods always leaves some to a newcomer: the bound shrinks as the table
// fills, without any credential having a part set aside. (Dynamic thresholds,
// as Choudhury and Hahne gave them for the buffers of packet switches, 1998.)
const fairness = 8

// share counts the places of a bounded table and who holds them. Safe for use
// from many goroutines.
type share struct {
	capacity int64
	used     atomic.Int64
	holders  sync.Map // credential string to *holder
}

// holder is one credential's part of a table.
type holder struct{ held atomic.Int64 }

func (s *share) of(credential string) *holder {
	if h, ok := s.holders.Load(credential); ok {
		return h.(*holder)
	}
	h, _ := s.holders.LoadOrStore(credential, new(holder))
	return h.(*holder)
}

// take counts a place for h, or reports that h has its part.
func (s *share) take(h *holder) bool {
	used := s.used.Add(1)
	held := h.held.Add(1)
	// Both counts include this place: free is what was free before it.
	if free := s.capacity - used + 1; free <= 0 || held > fairness*free {
		s.give(h, 1)
		return false
	}
	return true
}

// force counts n places whatever is free: what a restart brings back was taken
// once already.
func (s *share) force(h *holder, n int) {
	s.used.Add(int64(n))
	h.held.Add(int64(n))
}

// give returns n places.
func (s *share) give(h *holder, n int) {
	s.used.Add(-int64(n))
	h.held.Add(-int64(n))
}

// prune forgets credentials that hold nothing. One that takes a place in this
// very moment goes on with a holder nobody else finds: its count stays right,
// and fairness is off by that place until it is given back.
func (s *share) prune() {
	s.holders.Range(func(credential, h any) bool {
		if h.(*holder).held.Load() == 0 {
			s.holders.CompareAndDelete(credential, h)
		}
		return true
	})
}
