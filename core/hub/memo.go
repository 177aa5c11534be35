package hub

import "github.com/driplet/driplet/core"

// memo keeps the frames of what was recovered lately: thousands of clients that
// lost their connection together miss the same messages, and get the same
// frames. Two generations bound it; the drain alone uses it.
type memo struct {
	young, old map[memoKey]*Frame
	bytes      int // of the young
}

// memoKey is a place in a topic's history, in one dialect.
type memoKey struct {
	topic   core.TopicKey
	pos     core.Position
	dialect uint8
}

// memoBytes bounds one generation: some thousands of short messages, which is
// more than a wave of reconnections misses.
const memoBytes = 2 << 20

// frame encodes ev, unless it did so lately.
func (m *memo) frame(e Encoder, ev *core.Event) *Frame {
	k := memoKey{ev.Key, ev.Pos, e.Dialect()}
	f, known := m.young[k]
	if known {
		return f
	}
	if f, known = m.old[k]; !known {
		f = NewFrame(e, ev)
	}
	if m.young == nil {
		m.young = map[memoKey]*Frame{}
	}
	m.young[k] = f
	m.bytes += memoEntry
	if f != nil {
		m.bytes += len(f.buf)
	}
	if m.bytes >= memoBytes {
		m.young, m.old, m.bytes = nil, m.young, 0
	}
	return f
}

// memoEntry is about what a frame costs beside its bytes.
const memoEntry = 256
