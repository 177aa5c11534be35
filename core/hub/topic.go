package hub

import (
	"slices"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/target"
)

// space is one endpoint's part: its topics, and who has which claims.
type space struct {
	topics  map[string]*topic
	members target.Index[*Session]
	count   int // sessions
}

// topic lists who hears it now, and who will once released.
type topic struct {
	live []listener
	held []*Subscription
	read core.Position // the furthest that a released subscription has been read to
}

// listener keeps the session beside its subscription: a broadcast walks the
// slice and needs the first alone.
type listener struct {
	session *Session
	sub     *Subscription
}

// Subscription ties a session to a topic.
type Subscription struct {
	session *Session
	name    string

	// What follows is the drain's alone.
	topic   *topic // nil: not begun, or ended
	live    int    // place in topic.live; -1 while events are held
	holds   int32  // releases to come until it is live
	begun   bool   // it has been live
	waiting []*core.Event
	from    core.Position // events up to here are not for it: they were read, or came before it
}

// add begins a subscription: from here on events are held for it.
func (sp *space) add(sub *Subscription) {
	t := sp.topics[sub.name]
	if t == nil {
		t = &topic{}
		sp.topics[sub.name] = t
	}
	sub.topic, sub.live, sub.holds = t, -1, 1
	t.held = append(t.held, sub)
	sub.session.subs = append(sub.session.subs, sub)
}

// hold makes a live subscription held; one that is held waits for one release
// more.
func (sub *Subscription) hold() {
	t := sub.topic
	if sub.live >= 0 {
		t.dropLive(sub)
		sub.live = -1
		t.held = append(t.held, sub)
	}
	sub.holds++
}

// release makes a held subscription live.
func (t *topic) release(sub *Subscription) {
	t.dropHeld(sub)
	sub.live, sub.begun = len(t.live), true
	t.live = append(t.live, listener{sub.session, sub})
}

func (t *topic) dropHeld(sub *Subscription) {
	if i := slices.Index(t.held, sub); i >= 0 {
		t.held = slices.Delete(t.held, i, i+1)
	}
	if len(t.held) == 0 {
		t.held = nil
	}
}

func (t *topic) dropLive(sub *Subscription) {
	last := len(t.live) - 1
	moved := t.live[last]
	t.live[sub.live] = moved
	moved.sub.live = sub.live
	t.live[last] = listener{}
	t.live = t.live[:last]
}

// remove ends a subscription; a topic that nobody holds is forgotten.
func (sp *space) remove(sub *Subscription) {
	t := sub.topic
	if t == nil {
		return
	}
	if sub.live < 0 {
		t.dropHeld(sub)
	} else {
		t.dropLive(sub)
	}
	sub.topic, sub.waiting = nil, nil
	s := sub.session
	if i := slices.Index(s.subs, sub); i >= 0 {
		s.subs = slices.Delete(s.subs, i, i+1)
	}
	if len(t.live) == 0 && len(t.held) == 0 {
		delete(sp.topics, sub.name)
	}
}
