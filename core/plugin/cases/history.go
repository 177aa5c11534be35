package cases

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

// Epoch is of all topics' positions in a case.
const Epoch = "case"

// pastEvent is an event that a topic keeps, as cases and recorded reads write it.
type pastEvent struct {
	Offset uint64          `json:"offset"`
	Event  string          `json:"event,omitempty"`
	From   string          `json:"from,omitempty"`
	Data   json.RawMessage `json:"data"`
	Target json.RawMessage `json:"target,omitempty"`
}

// pastJSON is what history told, as records write it.
type pastJSON struct {
	Epoch  string      `json:"epoch"`
	Offset uint64      `json:"offset"` // the head's
	Whole  bool        `json:"whole"`
	More   bool        `json:"more"`
	Events []pastEvent `json:"events"`
}

// keptThen is what topics keep in a case. An event without an offset comes right
// after the one before.
func keptThen(topics map[string][]pastEvent) map[string]core.Past {
	out := make(map[string]core.Past, len(topics))
	for topic, events := range topics {
		past := core.Past{Head: core.Position{Epoch: Epoch}}
		for _, e := range events {
			past.Head.Offset = max(past.Head.Offset+1, e.Offset)
			e.Offset = past.Head.Offset
			past.Events = append(past.Events, e.event(Epoch))
		}
		out[topic] = past
	}
	return out
}

func (e pastEvent) event(epoch string) *core.Event {
	ev := &core.Event{Pos: core.Position{Epoch: epoch, Offset: e.Offset}, Name: e.Event, From: e.From, Data: []byte("null")}
	if data := compacted(e.Data); data != nil {
		ev.Data = data
	}
	if target := compacted(e.Target); target != nil {
		ev.Target = &core.Target{Raw: target}
	}
	return ev
}

// pastText is what a history call told, as JSON; nil where it told nothing.
func pastText(told []byte) []byte {
	past, ok := plugin.ReadPast(told)
	if !ok {
		return nil
	}
	out := pastJSON{Epoch: past.Head.Epoch, Offset: past.Head.Offset, Whole: past.Whole, More: past.More, Events: []pastEvent{}}
	for _, ev := range past.Events {
		e := pastEvent{Offset: ev.Pos.Offset, Event: ev.Name, From: ev.From, Data: orNull(ev.Data)}
		if ev.Target != nil {
			e.Target = ev.Target.Raw
		}
		out.Events = append(out.Events, e)
	}
	return encode(out)
}

// remember adds what a recorded call told of a topic to what other calls told
// of it, as far as they are of one epoch.
func remember(topics map[string]core.Past, topic string, told []byte) {
	var p pastJSON
	if json.Unmarshal(told, &p) != nil {
		return
	}
	kept, known := topics[topic]
	if known && kept.Head.Epoch != p.Epoch {
		return
	}
	kept.Head = core.Position{Epoch: p.Epoch, Offset: max(kept.Head.Offset, p.Offset)}
	for _, e := range p.Events {
		kept.Events = append(kept.Events, e.event(p.Epoch))
	}
	order := func(a, b *core.Event) int { return cmp.Compare(a.Pos.Offset, b.Pos.Offset) }
	slices.SortStableFunc(kept.Events, order)
	kept.Events = slices.CompactFunc(kept.Events, func(a, b *core.Event) bool { return order(a, b) == 0 })
	topics[topic] = kept
}

// SetHistory says what topics keep: Head, and Events of growing offsets. Others
// keep nothing.
func (s *Services) SetHistory(topics map[string]core.Past) {
	s.mu.Lock()
	s.past = topics
	s.mu.Unlock()
}

// History is plugin.Services'.
func (s *Services) History(_ context.Context, _, topic string, since *core.Position, limit int) (core.Past, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, ok := s.past[topic]
	if !ok {
		return core.Past{}, core.Errorf(core.CodeNotFound, "the topic %.60q keeps no history", topic)
	}
	past, events := core.Past{Head: kept.Head, Whole: true}, kept.Events
	if since != nil {
		at := slices.IndexFunc(events, func(ev *core.Event) bool { return ev.Pos.Offset > since.Offset })
		past.Whole = since.Epoch == kept.Head.Epoch && (since.Offset == kept.Head.Offset ||
			at > 0 || at == 0 && events[0].Pos.Offset == since.Offset+1)
		if past.Whole {
			past.More = kept.Head.Offset-since.Offset > uint64(limit)
			if at < 0 {
				at = len(events)
			}
			past.Events = events[at:min(at+limit, len(events))]
			return past, nil
		}
	}
	past.Events = events[max(0, len(events)-limit):]
	return past, nil
}

// keep adds an event to its topic's history, if it has one.
func (s *Services) keep(ev *core.Event) {
	kept, ok := s.past[ev.Key.Topic]
	if !ok || ev.NoHistory {
		return
	}
	kept.Head.Offset++
	placed := *ev
	placed.Pos = kept.Head
	kept.Events = append(slices.Clip(kept.Events), &placed)
	s.past[ev.Key.Topic] = kept
}
