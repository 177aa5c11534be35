package hub

// maxChain bounds what is resolved before it is written: past it the oldest
// waits longer than the write takes.
const maxChain = 1 << 17

// drain does what a batch of the mailbox asks, in order, then writes.
func (h *Hub) drain(ops []op) {
	for i := range ops {
		h.do(&ops[i])
		if len(h.out.chain) >= maxChain {
			h.write()
		}
	}
	h.write()
	h.box.giveBack(ops)
}

func (h *Hub) write() {
	frames, writes := h.out.write()
	h.metrics.Frames.Add(float64(frames))
	h.metrics.Writes.Add(float64(writes))
}

func (h *Hub) do(o *op) {
	switch o.kind {
	case opDeliver:
		h.box.bytes.Add(-int64(len(o.event.Data)))
		h.deliver(o.event, o.rule)
	case opSend:
		h.say(o.session, o)
	case opJoin:
		h.join(o.session)
		h.say(o.session, o)
	case opSubscribe:
		if s := o.sub.session; s.joined && !s.gone {
			h.spaces[s.Endpoint].add(o.sub)
			h.metrics.Subscriptions.Inc()
		}
	case opHold:
		if o.sub.topic != nil {
			o.sub.hold()
		}
	case opRelease:
		h.release(o)
	case opUnsubscribe:
		s := o.sub.session
		if o.sub.topic != nil {
			h.spaces[s.Endpoint].remove(o.sub)
			h.metrics.Subscriptions.Dec()
		}
		h.say(s, o)
	case opClaims:
		h.setClaims(o)
		h.say(o.session, o)
	case opClose:
		h.close(o.session, o)
	case opLeave:
		h.leave(o.session)
	}
}

// say queues o.out for a session, encoded in its dialect.
func (h *Hub) say(s *Session, o *op) {
	if o.out != nil && !s.gone {
		h.out.add(s, NewFrame(s.encoder, o.out))
	}
}

func (h *Hub) join(s *Session) {
	if s.gone {
		return
	}
	sp := h.spaces[s.Endpoint]
	if sp == nil {
		sp = &space{topics: map[string]*topic{}}
		h.spaces[s.Endpoint] = sp
	}
	sp.count++
	s.joined = true
	if s.claims != nil {
		sp.members.Add(s, s.claims)
	}
}

func (h *Hub) setClaims(o *op) {
	s := o.session
	if !s.joined || s.gone {
		return
	}
	sp := h.spaces[s.Endpoint]
	if s.claims != nil {
		sp.members.Remove(s)
	}
	s.claims = o.claims
	if s.claims != nil {
		sp.members.Add(s, s.claims)
	}
}

// close writes what waits for s before its close frame.
func (h *Hub) close(s *Session, o *op) {
	if s.gone {
		return
	}
	if s.head != 0 {
		h.out.writeTo(s)
	}
	h.leave(s)
	s.sink.Close(o.reason)
}

// leave takes a session out of everything, once.
func (h *Hub) leave(s *Session) {
	if s.gone {
		return
	}
	s.gone, s.head, s.tail = true, 0, 0
	if !s.joined {
		return
	}
	sp := h.spaces[s.Endpoint]
	for len(s.subs) > 0 {
		sp.remove(s.subs[len(s.subs)-1])
		h.metrics.Subscriptions.Dec()
	}
	if s.claims != nil {
		sp.members.Remove(s)
	}
	if sp.count--; sp.count == 0 {
		delete(h.spaces, s.Endpoint)
	}
}
