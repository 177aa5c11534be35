package target

// Propose returns members among whom are all that r may admit, when that takes
// at most limit of them; the caller asks r about each. Otherwise ok is false,
// and the caller looks at every member: for everybody (a nil r), for rules of
// exclude alone, and for values that too many have. A member that has several
// of the wanted values counts several times against limit, but is proposed
// once. keys is overwritten by the next call.
//
// The cost is that of the values in r, and of the members that have them, up
// to limit; the number of all members does not matter.
func (x *Index[K]) Propose(r *Rule, limit int) (keys []K, ok bool) {
	if r == nil {
		return nil, false
	}
	// Whoever is admitted matches each rule of all, and one of include: any of
	// these is a superset. The smallest is taken.
	var best []condition
	least := limit + 1
	for i := range r.all {
		if n := x.count(r.all[i:i+1], least); n < least {
			best, least = r.all[i:i+1], n
		}
	}
	if len(r.include) > 0 {
		if n := x.count(r.include, least); n < least {
			best, least = r.include, n
		}
	}
	if best == nil {
		return nil, false
	}
	return x.union(best), true
}

// count is how many members any of the conditions finds, each as often as it is
// found; it stops counting at enough.
func (x *Index[K]) count(any []condition, enough int) int {
	n := 0
	for i := range any {
		c := &any[i]
		for _, v := range c.want.Values {
			if p, ok := x.postings[pair{c.path, v}]; ok {
				n += p.size()
			}
			if n >= enough {
				return n
			}
		}
		if len(c.want.Values) == 0 && c.want.List {
			if p, ok := x.postings[pair{c.path, emptyList}]; ok {
				n += p.size()
			}
		}
	}
	return n
}

// union collects the members that any of the conditions finds, each once.
func (x *Index[K]) union(any []condition) []K {
	if x.stamp++; x.stamp == 0 { // after four thousand million calls
		for i := range x.slots {
			x.slots[i].stamp = 0
		}
		x.stamp = 1
	}
	x.proposed = x.proposed[:0]
	for i := range any {
		c := &any[i]
		for _, v := range c.want.Values {
			x.collect(pair{c.path, v})
		}
		if len(c.want.Values) == 0 && c.want.List {
			x.collect(pair{c.path, emptyList})
		}
	}
	return x.proposed
}

func (x *Index[K]) collect(p pair) {
	members, ok := x.postings[p]
	if !ok {
		return
	}
	if members.many == nil {
		x.take(members.only)
		return
	}
	for n := range members.many.members {
		x.take(n)
	}
}

func (x *Index[K]) take(n uint32) {
	if s := &x.slots[n]; s.stamp != x.stamp {
		s.stamp = x.stamp
		x.proposed = append(x.proposed, s.key)
	}
}
