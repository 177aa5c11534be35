package plugin

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/driplet/driplet/core"
)

// keptTopic keeps the events first to head of so many bytes each; pages are what
// it was asked for.
type keptTopic struct {
	first, head uint64
	bytes       int
	pages       int
	largest     int
	then        func(*keptTopic) // before the second page
}

func (k *keptTopic) page(since *core.Position, limit int) (core.Past, error) {
	if k.pages++; k.pages == 2 && k.then != nil {
		k.then(k)
	}
	if k.head == 0 && k.pages > 1 {
		return core.Past{}, errors.New("gone")
	}
	k.largest = max(k.largest, limit)
	past := core.Past{Head: core.Position{Epoch: "e", Offset: k.head}, Whole: true}
	from := k.first
	if n := k.head - k.first + 1; n > uint64(limit) {
		from = k.head - uint64(limit) + 1
	}
	to := k.head
	if since != nil {
		if past.Whole = since.Epoch == "e" && since.Offset <= k.head && since.Offset+1 >= k.first; past.Whole {
			from, to = since.Offset+1, min(k.head, since.Offset+uint64(limit))
			past.More = to < k.head
		}
	}
	for n := from; n <= to; n++ {
		past.Events = append(past.Events, &core.Event{Pos: core.Position{Epoch: "e", Offset: n}, Data: bytes.Repeat([]byte{'1'}, k.bytes)})
	}
	return past, nil
}

func TestPastIsReadInPages(t *testing.T) {
	at := func(offset uint64) *core.Position { return &core.Position{Epoch: "e", Offset: offset} }
	const few, most = 10, MaxHistoryBytes/100 - 200
	for name, c := range map[string]struct {
		topic keptTopic
		since *core.Position
		limit int
		want  string
		pages int // at most
	}{
		"none":                       {keptTopic{first: 1, head: 0}, nil, 1000, "whole true more false: none", 1},
		"few":                        {keptTopic{first: 91, head: 100, bytes: few}, nil, 1000, "whole true more false: 91 to 100", 1},
		"a page":                     {keptTopic{first: 1, head: 100, bytes: few}, nil, 64, "whole true more false: 37 to 100", 1},
		"all":                        {keptTopic{first: 1, head: 1000, bytes: few}, nil, 1000, "whole true more false: 1 to 1000", 16},
		"the newest":                 {keptTopic{first: 1, head: 1000, bytes: few}, nil, 100, "whole true more false: 901 to 1000", 2},
		"what is still kept":         {keptTopic{first: 450, head: 1000, bytes: few}, nil, 1000, "whole true more false: 450 to 1000", 20},
		"one is still kept":          {keptTopic{first: 1000, head: 1000, bytes: few}, nil, 1000, "whole true more false: 1000 to 1000", 1},
		"a page is still kept":       {keptTopic{first: 937, head: 1000, bytes: few}, nil, 1000, "whole true more false: 937 to 1000", 8},
		"all after":                  {keptTopic{first: 1, head: 1000, bytes: few}, at(0), 1000, "whole true more false: 1 to 1000", 16},
		"some after":                 {keptTopic{first: 1, head: 1000, bytes: few}, at(100), 130, "whole true more true: 101 to 230", 3},
		"the rest":                   {keptTopic{first: 1, head: 1000, bytes: few}, at(900), 1000, "whole true more false: 901 to 1000", 2},
		"nothing after":              {keptTopic{first: 1, head: 1000, bytes: few}, at(1000), 1000, "whole true more false: none", 1},
		"only where it stands":       {keptTopic{first: 1, head: 1000, bytes: few}, at(10), 0, "whole true more true: none", 1},
		"no longer kept":             {keptTopic{first: 500, head: 1000, bytes: few}, at(10), 100, "whole false more false: 901 to 1000", 2},
		"large":                      {keptTopic{first: 1, head: 1000, bytes: most}, nil, 1000, "whole true more false: 900 to 1000", 2},
		"large after":                {keptTopic{first: 1, head: 1000, bytes: most}, at(0), 1000, "whole true more true: 1 to 101", 2},
		"too large":                  {keptTopic{first: 1, head: 1000, bytes: 2 * MaxHistoryBytes}, nil, 1, "whole true more false: 1000 to 1000", 1},
		"too large after":            {keptTopic{first: 1, head: 3, bytes: 2 * MaxHistoryBytes}, at(0), 3, "whole true more true: 1 to 1", 1},
		"more come meanwhile":        {keptTopic{first: 1, head: 100, bytes: few, then: func(k *keptTopic) { k.head = 120 }}, at(0), 1000, "whole true more false: 1 to 120", 2},
		"and do not count":           {keptTopic{first: 1, head: 100, bytes: few, then: func(k *keptTopic) { k.head = 120 }}, nil, 1000, "whole true more false: 1 to 100", 2},
		"trimmed meanwhile":          {keptTopic{first: 1, head: 100, bytes: few, then: func(k *keptTopic) { k.first = 90 }}, at(0), 1000, "whole true more true: 1 to 64", 2},
		"trimmed before it":          {keptTopic{first: 1, head: 100, bytes: few, then: func(k *keptTopic) { k.first = 30 }}, nil, 1000, "whole true more false: 30 to 100", 12},
		"it cannot be read any more": {keptTopic{first: 1, head: 100, bytes: few, then: func(k *keptTopic) { k.head = 0 }}, nil, 1000, "gone", 2},
	} {
		t.Run(name, func(t *testing.T) {
			p := &pastReader{page: c.topic.page}
			past, err := p.read(c.since, c.limit)
			got := ""
			switch {
			case err != nil:
				got = err.Error()
			case len(past.Events) == 0:
				got = fmt.Sprintf("whole %v more %v: none", past.Whole, past.More)
			default:
				first, last := past.Events[0].Pos.Offset, past.Events[len(past.Events)-1].Pos.Offset
				got = fmt.Sprintf("whole %v more %v: %d to %d", past.Whole, past.More, first, last)
				for i, ev := range past.Events {
					if ev.Pos.Offset != first+uint64(i) {
						t.Fatalf("event %d is of offset %d", i, ev.Pos.Offset)
					}
				}
				if size := len(AppendPast(nil, past)); size > MaxHistoryBytes && len(past.Events) > 1 {
					t.Errorf("%d bytes", size)
				}
			}
			if got != c.want || c.topic.pages > c.pages || c.topic.largest > pastPage {
				t.Errorf("got %q in %d pages of up to %d, want %q in %d", got, c.topic.pages, c.topic.largest, c.want, c.pages)
			}
		})
	}
}
