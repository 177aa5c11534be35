package node

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
	"github.com/driplet/driplet/core/hub"
)

// Receipt is the answer to a publish that was placed.
type Receipt struct {
	Pos       core.Position // zero where the topic keeps no history
	Duplicate bool          // its id was used before: nothing was sent
}

// place puts an event on its topic, as the filter (nil: none) has it. id, when
// given, makes it idempotent within scope: what counts is what was sent, before
// the filter, which a duplicate does not ask again.
func (n *Node) place(ctx context.Context, t *tenant, ev *core.Event, filter engine.Filter, scope, id string) (Receipt, error) {
	if n.Hub.Backlog() > hub.MaxBacklog {
		return Receipt{}, core.Errorf(core.CodeUnavailable, "more than %d MiB of messages wait to be sent: try again", hub.MaxBacklog>>20)
	}
	rule := t.Rule(ev.Key.Topic)
	if ev.Overflow, ev.Keep = rule.Overflow, rule.History; ev.NoHistory {
		ev.Keep = core.History{}
	}
	o := engine.AppendOptions{Filter: filter}
	if id != "" {
		o.Dedupe = &engine.Dedupe{Scope: scope, Key: id, Hash: sameness(ev)}
	}
	placed, err := n.Engine.Append(ctx, []*core.Event{ev}, o)
	switch {
	case errors.Is(err, engine.ErrConflict):
		return Receipt{}, core.Errorf(core.CodeConflict, "the id %.60q was used for another message within the last %s", id, engine.DedupeWindow)
	case errors.Is(err, engine.ErrFull):
		return Receipt{}, core.Errorf(core.CodeUnavailable, "too many ids are remembered already: try again, or send without an id")
	case err != nil:
		return Receipt{}, err
	}
	switch {
	case placed[0].Duplicate:
		t.counts.Duplicates.Inc()
	case placed[0].Dropped:
		t.counts.Dropped.Inc()
	default:
		t.counts.Published.Inc()
	}
	return Receipt{Pos: placed[0].Pos, Duplicate: placed[0].Duplicate}, nil
}

// sameness digests all that makes two publishes the same.
func sameness(ev *core.Event) [32]byte {
	h := sha256.New()
	field := func(b []byte) {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	field([]byte(ev.Key.Topic))
	field([]byte(ev.Name))
	field(ev.Data)
	field([]byte(ev.Except))
	if ev.Target != nil {
		field(ev.Target.Raw)
	}
	if ev.NoHistory {
		field([]byte{0}) // no target's text
	}
	return [32]byte(h.Sum(nil))
}

// clientPublish places a client's own message, which it does not hear itself.
func (n *Node) clientPublish(ctx context.Context, s *Session, c *core.Command) error {
	if err := core.CheckTopic(c.Topic); err != nil {
		return err
	}
	if err := n.mayPublish(s, c.Topic); err != nil {
		return err
	}
	ev := &core.Event{
		Key:    core.TopicKey{Endpoint: s.Endpoint, Topic: c.Topic},
		Name:   c.Event,
		Data:   c.Data,
		Except: s.ID,
		From:   s.Public,
	}
	if _, err := n.place(ctx, s.tenant, ev, n.filter(s.tenant, s, c.Topic), "", ""); err != nil {
		return err
	}
	n.say(s, answer(c.ID, core.Reply{ID: c.ID, Topic: c.Topic}))
	return nil
}
