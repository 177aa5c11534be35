package hub

// Settle sees to what was put without a call for Run: what is little it does
// itself, at once, which spares the waking of another thread; more it leaves to
// Run. It never waits, but it may write to sockets: nobody calls it with a lock
// held.
func (h *Hub) Settle() {
	ops := h.box.claim(fewOps)
	if ops == nil {
		return
	}
	for i := range ops {
		if !h.few(&ops[i]) {
			h.box.pass(ops)
			return
		}
	}
	// Also when an encoder panics: its caller may recover, and the turn must go on.
	defer h.box.pass(nil)
	h.drain(ops)
}

// What Settle takes on. A write takes 3 to 10 us, waking a thread as long; the
// caller has something else to do as well.
const (
	fewOps   = 4
	fewWrite = 16
)

// few reports whether o leads to few writes. It runs in the drain's turn.
func (h *Hub) few(o *op) bool {
	switch o.kind {
	case opClose, opLeave:
		return false
	case opRelease:
		return o.past == nil || len(o.past.Events)+len(o.sub.waiting) <= fewWrite
	case opDeliver:
		sp := h.spaces[o.event.Key.Endpoint]
		if sp == nil {
			return true
		}
		t := sp.topics[o.event.Key.Topic]
		if t == nil || len(t.live)+len(t.held) <= fewWrite {
			return true
		}
		_, ok := sp.members.Propose(o.rule, fewWrite)
		return ok && len(t.held) <= fewWrite
	}
	return true
}
