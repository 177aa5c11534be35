package node

import (
	"context"
	"errors"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
)

// What one recovery, or one page of a history, may bring: the messages, and
// their part of the bytes that may wait for a connection. A client that recovers
// must not be closed for reading too slowly what it was given at once.
const (
	maxRecovered   = 1000
	recoveredShare = 2
)

// readTime bounds reading a history, while the topic's events are held for the
// client that waits.
const readTime = 10 * time.Second

// missed tells what s is to hear of a topic's past: with since all that came
// after it and is addressed to s, and whether that is whole. Where too much was
// missed, or some of it is not kept any more, it is the newest part. Where since
// is of another epoch, or beyond the head, nobody knows what s has heard, and it
// gets nothing.
func (n *Node) missed(ctx context.Context, s *Session, e *entry) (past *hub.Past, whole bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	if e.since == nil {
		read, err := n.read(ctx, s, e.topic, nil, 0)
		return &hub.Past{Head: read.Head}, false, err
	}
	read, err := n.read(ctx, s, e.topic, e.since, maxRecovered)
	if err != nil {
		return nil, false, err
	}
	past = &hub.Past{Head: read.Head, Since: true}
	if head := read.Head; !read.Whole && (head.Epoch != e.since.Epoch || head.Offset <= e.since.Offset) {
		return past, false, nil
	}
	whole = read.Whole
	past.Events = n.Hub.Addressed(read.Events, s.ID, s.Claims())
	for read.More && len(read.Events) > 0 {
		last := read.Events[len(read.Events)-1].Pos
		if last.Offset >= past.Head.Offset {
			past.Head = last // what came since is held
			break
		}
		if read, err = n.read(ctx, s, e.topic, &last, maxRecovered); err != nil {
			return nil, false, err
		}
		whole = whole && read.Whole
		fitting := n.Hub.Addressed(read.Events, s.ID, s.Claims())
		past.Events, whole = s.newest(append(past.Events[:len(past.Events):len(past.Events)], fitting...), whole)
		if !read.More {
			past.Head = read.Head
		}
	}
	past.Events, whole = s.newest(past.Events, whole)
	return past, whole, nil
}

// read asks the engine. That it fails is the operator's to hear; the client may
// try again.
func (n *Node) read(ctx context.Context, s *Session, topic string, since *core.Position, limit int) (core.Past, error) {
	past, err := n.History(ctx, s.Endpoint, topic, since, limit)
	switch {
	case err == nil:
		return past, nil
	case errors.Is(err, context.DeadlineExceeded):
		return past, core.Errorf(core.CodeUnavailable, "the history of %q could not be read within %s: try again", topic, readTime)
	}
	n.Log.Error("a topic's history could not be read", "endpoint", s.Endpoint, "topic", topic, "err", err)
	return past, core.Errorf(core.CodeUnavailable, "the history of %q could not be read: try again", topic)
}

// newest leaves the last events that may be recovered at once; whole ends where
// some are left out.
func (s *Session) newest(events []*core.Event, whole bool) ([]*core.Event, bool) {
	from := len(events)
	for room := s.room(); from > 0 && len(events)-from < maxRecovered; from-- {
		if room -= size(events[from-1]); room < 0 {
			break
		}
	}
	return events[from:], whole && from == 0
}

// room is how many bytes s may be given at once.
func (s *Session) room() int { return s.tenant.Limits.QueueBytes / recoveredShare }

// size is about what an event takes as a frame.
func size(ev *core.Event) int { return len(ev.Data) + len(ev.Key.Topic) + len(ev.Name) + 100 }
