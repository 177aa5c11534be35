package transport

import "github.com/driplet/driplet/core/hub"

// gaps are the topics with history of which a slow connection did not get all.
// From the first message that is dropped nothing more of its topic goes out,
// until the notice that the subscription has ended for it (core.ReasonGap)
// comes by: that ends what was subscribed before, and what follows is whole.
type gaps struct {
	topics map[string]struct{}
	told   gapListener // nil: the client's dialect has no word for it, its messages are just dropped
}

// gapListener makes an end of subscriptions that have a gap. It is told under
// the connection's lock: it notes the topic down and returns.
type gapListener interface{ gap(topic string) }

// gapOpener is what the queue tells of dropped messages.
func (o *outlet) gapOpener() func(topic string) {
	if o.gaps.told == nil {
		return nil
	}
	return func(topic string) {
		if _, open := o.gaps.topics[topic]; open {
			return
		}
		if o.gaps.topics == nil {
			o.gaps.topics = map[string]struct{}{}
		}
		o.gaps.topics[topic] = struct{}{}
		o.metrics.Gaps.Inc()
		o.gaps.told.gap(topic)
	}
}

// pass leaves out what comes behind a gap, and ends gaps that are told of.
func (g *gaps) pass(b *hub.Batch) *hub.Batch {
	out := &hub.Batch{}
	for _, f := range b.Frames {
		_, behind := g.topics[f.Topic]
		switch {
		case f.Gap:
			delete(g.topics, f.Topic)
		case behind:
			continue
		}
		out.Frames = append(out.Frames, f)
	}
	return out
}
