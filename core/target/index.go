package target

import "github.com/driplet/driplet/core"

// Index finds members by their claims: a posting list for each pair of path and
// value. Adding and removing cost as much as the member has values, whatever
// the number of members. A member of four claims, one of them its own, takes
// about 250 bytes.
//
// An Index belongs to one goroutine: it has no locks. The zero value is empty
// and ready.
type Index[K comparable] struct {
	slots    []slot[K]        // a member's number is its place here
	free     []uint32         // places to use again
	numbers  map[K]uint32     // where a member is
	postings map[pair]posting // who has which value
	stamp    uint32           // of the latest union
	proposed []K              // what Propose returned, used again
}

type slot[K comparable] struct {
	key    K
	claims *core.Claims
	stamp  uint32 // the latest union that this member was put into
}

type pair struct {
	path  string
	value core.Value
}

// emptyList is what a list without members is found by: no Value is empty.
const emptyList core.Value = ""

// Len is the number of members that have claims.
func (x *Index[K]) Len() int { return len(x.numbers) }

// Add makes k a member with these claims; a member that is there already
// changes its claims. Who has no claims is not kept: no rule admits it. The
// claims must not change while k is a member.
func (x *Index[K]) Add(k K, c *core.Claims) {
	x.Remove(k)
	if c == nil || len(c.Attributes) == 0 {
		return
	}
	if x.numbers == nil {
		x.numbers, x.postings = map[K]uint32{}, map[pair]posting{}
	}
	n := uint32(len(x.slots))
	if last := len(x.free) - 1; last >= 0 {
		n = x.free[last]
		x.free = x.free[:last]
		x.slots[n] = slot[K]{key: k, claims: c}
	} else {
		x.slots = append(x.slots, slot[K]{key: k, claims: c})
	}
	x.numbers[k] = n
	eachPair(c, func(p pair) {
		old, ok := x.postings[p]
		if grown, changed := old.with(n, ok); changed {
			x.postings[p] = grown
		}
	})
}

// Remove forgets a member; whoever is none is ignored.
func (x *Index[K]) Remove(k K) {
	n, ok := x.numbers[k]
	if !ok {
		return
	}
	if len(x.numbers) == 1 && len(x.slots) > shrinkFrom {
		*x = Index[K]{} // maps never shrink: give back what a crowd needed
		return
	}
	eachPair(x.slots[n].claims, func(p pair) {
		old, ok := x.postings[p]
		if !ok {
			return // the same value twice in one list
		}
		switch rest, changed, empty := old.without(n); {
		case empty:
			delete(x.postings, p)
		case changed:
			x.postings[p] = rest
		}
	})
	delete(x.numbers, k)
	x.slots[n] = slot[K]{}
	x.free = append(x.free, n)
}

// eachPair visits every pair that a condition could match c by.
func eachPair(c *core.Claims, visit func(pair)) {
	for i := range c.Attributes {
		a := &c.Attributes[i]
		if !a.Leaf {
			continue
		}
		for _, v := range a.Has.Values {
			visit(pair{a.Path, v})
		}
		if len(a.Has.Values) == 0 {
			visit(pair{a.Path, emptyList})
		}
	}
}
