package node

import (
	"context"

	"github.com/driplet/driplet/core"
)

// defaultHistory is how many messages a page has where the client does not say.
const defaultHistory = 50

// history answers a client's question about the past of a topic: the newest
// messages, or with since the oldest after it. They are those that it would
// have heard.
func (n *Node) history(ctx context.Context, s *Session, c *core.Command) error {
	if err := n.mayRead(s, c.Topic); err != nil {
		return err
	}
	limit := min(c.Limit, maxRecovered)
	if limit <= 0 {
		limit = defaultHistory
	}
	r := core.Reply{ID: c.ID, Topic: c.Topic, Page: &core.Page{}}
	if c.Since != nil {
		r.Recovered = new(bool)
	}
	if s.tenant.keeps(c.Topic) {
		ctx, cancel := context.WithTimeout(ctx, readTime)
		defer cancel()
		page, whole, err := n.page(ctx, s, c.Topic, c.Since, limit)
		if err != nil {
			return err
		}
		if r.Page = page; c.Since != nil {
			r.Recovered = &whole
		}
	}
	n.say(s, r)
	return nil
}

// mayRead refuses who may not subscribe. Where a handler decides that, only who
// has been let onto the topic may read.
func (n *Node) mayRead(s *Session, topic string) error {
	if err := core.CheckTopic(topic); err != nil || s.on(topic) {
		return err
	}
	if err := n.maySubscribe(s, topic, ""); err != nil {
		return err
	}
	if n.wants(s, core.HookSubscribe, topic) {
		return core.Errorf(core.CodeForbidden, "a plugin decides who may hear %q: subscribe first", topic)
	}
	return nil
}

// page reads up to limit messages that are addressed to s. Of a topic that is
// mostly addressed to others it looks at a bounded part.
func (n *Node) page(ctx context.Context, s *Session, topic string, since *core.Position, limit int) (*core.Page, bool, error) {
	read, err := n.read(ctx, s, topic, since, limit)
	if err != nil {
		return nil, false, err
	}
	mine := n.Hub.Addressed(read.Events, s.ID, s.Claims())
	if len(mine) < len(read.Events) && len(read.Events) == limit && limit < maxRecovered {
		if read, err = n.read(ctx, s, topic, since, maxRecovered); err != nil {
			return nil, false, err
		}
		mine = n.Hub.Addressed(read.Events, s.ID, s.Claims())
	}
	p := &core.Page{Next: read.Head, More: read.More}
	if len(read.Events) > 0 {
		p.Next = read.Events[len(read.Events)-1].Pos
	}
	if since == nil || !read.Whole {
		p.Messages, _ = s.newest(mine[max(0, len(mine)-limit):], true)
		return p, false, nil
	}
	p.Messages = s.oldest(mine[:min(limit, len(mine))])
	if left := mine[len(p.Messages):]; len(left) > 0 {
		p.Next, p.More = left[0].Pos, true
		p.Next.Offset--
	}
	return p, true, nil
}

// oldest leaves the first events that fit into one answer, at least one.
func (s *Session) oldest(events []*core.Event) []*core.Event {
	room := s.room()
	for i, ev := range events {
		if room -= size(ev); room < 0 && i > 0 {
			return events[:i]
		}
	}
	return events
}
