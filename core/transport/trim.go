package transport

import "time"

// A wave of connections leaves garbage behind: requests, tokens, stacks that
// grew for a handshake. Go by itself would look again after minutes. trim has
// the memory given back once a wave is over, and at most once a minute.
const (
	trimAfter  = 20 * time.Second // without a change in the number of connections
	trimPause  = time.Minute
	trimChange = 200 // connections more or fewer than at the last time
)

type trim struct {
	open, trimmed int64 // connections now, and at the last time
	since, last   time.Time
}

// due is asked every second with the number of connections.
func (t *trim) due(open int64, now time.Time) bool {
	if open != t.open {
		t.open, t.since = open, now
	}
	change := open - t.trimmed
	if max(change, -change) < trimChange || now.Sub(t.since) < trimAfter || now.Sub(t.last) < trimPause {
		return false
	}
	t.trimmed, t.last = open, now
	return true
}
