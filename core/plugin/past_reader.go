package plugin

import (
	"slices"

	"github.com/driplet/driplet/core"
)

// pastPage is how many events are read at a time: a call cannot be stopped
// while the disk gives it more than it may pass on.
const pastPage = 64

// pastReader reads what a topic keeps, as much as one answer of history holds:
// MaxHistoryBytes, but one event at least.
type pastReader struct {
	page func(since *core.Position, limit int) (core.Past, error)
	size int
}

// fits counts an event in, and reports whether there is room for it.
func (p *pastReader) fits(ev *core.Event) bool {
	first := p.size == 0
	p.size += 4 + pastEventSize(ev)
	return first || p.size <= MaxHistoryBytes
}

// read is what comes after since, the oldest limit events, or with a nil since
// the newest. Where it is too much, it lacks the newest of the former, which are
// then More, and the oldest of the latter.
func (p *pastReader) read(since *core.Position, limit int) (*core.Past, error) {
	past, err := p.page(since, min(limit, pastPage))
	if err != nil {
		return nil, err
	}
	if since != nil && past.Whole {
		err = p.after(&past, limit)
	} else {
		err = p.before(&past, limit)
	}
	return &past, err
}

// after goes on behind the first page.
func (p *pastReader) after(past *core.Past, limit int) error {
	events, page := make([]*core.Event, 0, len(past.Events)), past.Events
	for {
		for _, ev := range page {
			if !p.fits(ev) {
				past.Events, past.More = events, true
				return nil
			}
			events = append(events, ev)
		}
		past.Events = events
		if !past.More || len(events) == limit || len(page) == 0 {
			return nil
		}
		next, err := p.page(&core.Position{Epoch: past.Head.Epoch, Offset: events[len(events)-1].Pos.Offset}, min(limit-len(events), pastPage))
		if err != nil {
			return err
		}
		if !next.Whole {
			return nil // it was trimmed meanwhile: the guest sees that when it goes on
		}
		page, past.Head, past.More = next.Events, next.Head, next.More
	}
}

// before goes on in front of the newest page. Offsets have no holes; what is
// kept may begin within a page: then smaller ones find where.
func (p *pastReader) before(past *core.Past, limit int) error {
	var events []*core.Event // the newest first
	page, size := past.Events, pastPage
	if len(page) < min(limit, pastPage) {
		size = 0 // there are no more
	}
	for {
		for _, ev := range slices.Backward(page) {
			if !p.fits(ev) {
				size = 0
				break
			}
			events = append(events, ev)
		}
		if size = min(size, limit-len(events)); size <= 0 {
			break
		}
		first := events[len(events)-1].Pos.Offset
		if size = int(min(uint64(size), first-1)); size == 0 {
			break
		}
		older, err := p.page(&core.Position{Epoch: past.Head.Epoch, Offset: first - 1 - uint64(size)}, size)
		if err != nil {
			return err
		}
		if page = older.Events; !older.Whole || len(page) < size {
			page, size = nil, size/2
		}
	}
	slices.Reverse(events)
	past.Events = events
	return nil
}
