package target

// posting is the members that have one value, by number. Most values are one
// member's own (its uid), and cost no more than the entry itself.
type posting struct {
	only uint32
	many *crowd // nil: only is the one member
}

// crowd is two members or more.
type crowd struct {
	members map[uint32]struct{}
	peak    int // the most since the map was made
}

// A map's iteration takes as long as its largest size did, so it is made anew
// when it has become shrinkBy times smaller than that.
const (
	shrinkBy   = 8
	shrinkFrom = 64
)

func (p posting) size() int {
	if p.many == nil {
		return 1
	}
	return len(p.many.members)
}

// with adds a member; ok tells whether p is there at all. changed is false when
// p itself stays as it is.
func (p posting) with(n uint32, ok bool) (_ posting, changed bool) {
	switch {
	case !ok:
		return posting{only: n}, true
	case p.many != nil:
		p.many.members[n] = struct{}{}
		p.many.peak = max(p.many.peak, len(p.many.members))
		return p, false
	case p.only == n:
		return p, false
	}
	return posting{many: &crowd{members: map[uint32]struct{}{p.only: {}, n: {}}, peak: 2}}, true
}

// without takes a member out. empty tells that nobody is left; changed is false
// when p itself stays as it is.
func (p posting) without(n uint32) (rest posting, changed, empty bool) {
	if p.many == nil {
		return p, false, p.only == n
	}
	c := p.many
	delete(c.members, n)
	if len(c.members) == 1 {
		for last := range c.members {
			return posting{only: last}, true, false
		}
	}
	if c.peak >= shrinkFrom && len(c.members)*shrinkBy <= c.peak {
		fewer := make(map[uint32]struct{}, len(c.members))
		for m := range c.members {
			fewer[m] = struct{}{}
		}
		c.members, c.peak = fewer, len(fewer)
	}
	return p, false, false
}
