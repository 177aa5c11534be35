package bench

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/driplet/driplet/core/transport/client"
)

// shard counts for many connections. Its lock is taken once a read.
type shard struct {
	mu sync.Mutex
	tally
}

// tally is what has arrived.
type tally struct {
	latency     histogram
	arrived     int64 // each message once a connection; or answers
	duplicates  int64
	disordered  int64 // came after a later one of the same publisher
	misdirected int64 // were addressed to somebody else
	bytes       int64
	reads       int64
}

func (s *shard) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally = tally{}
}

func (r *run) total() *tally {
	out := &tally{}
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		out.latency.merge(&s.latency)
		out.arrived += s.arrived
		out.duplicates += s.duplicates
		out.disordered += s.disordered
		out.misdirected += s.misdirected
		out.bytes += s.bytes
		out.reads += s.reads
		s.mu.Unlock()
	}
	return out
}

// subscriber is one connection. All but asked belongs to the goroutine that
// reads it.
type subscriber struct {
	run    *run
	shard  *shard
	conn   *client.Conn
	topic  int
	index  int64
	joined bool // counted in the ledger

	now    int64   // of this batch, ns since the run began; 0: none is under way
	fresh  int64   // arrived with this batch
	hint   int     // where the mark stood in the last frame
	last   []int64 // highest number heard, by publisher
	missed []missed
	had    int64 // messages heard

	asked atomic.Int64 // when the open event was sent, ns since the run began; 0: none is open
}

// missed is a message that was skipped and may still come.
type missed struct {
	stream int
	seq    int64
}

// maxMissed bounds what one connection remembers; past it a late message
// counts as a duplicate.
const maxMissed = 1024

// The start of frames, as the server writes them.
var (
	messageStart = []byte(`{"type":"message"`)
	replyStart   = []byte(`{"type":"reply","id":"` + eventID + `"`)
)

// Frame counts a message, or an event's answer.
func (s *subscriber) Frame(frame []byte) bool {
	switch {
	case bytes.HasPrefix(frame, messageStart):
		if m, ok := readMark(frame, s.run.id, &s.hint); ok {
			s.begin()
			s.message(m)
		}
		return true
	case bytes.HasPrefix(frame, replyStart):
		s.begin()
		s.answered()
		return true
	}
	return false
}

// begin starts a batch with its first frame: one clock and one lock for all.
func (s *subscriber) begin() {
	if s.now == 0 {
		s.now = s.run.since()
		s.shard.mu.Lock()
	}
}

// Flush ends the batch.
func (s *subscriber) Flush(bytes int) {
	if s.now == 0 {
		return
	}
	s.shard.bytes += int64(bytes)
	s.shard.reads++
	s.shard.arrived += s.fresh
	s.shard.mu.Unlock()
	s.run.ledger.arrive(s.fresh)
	s.now, s.fresh = 0, 0
}

func (s *subscriber) message(m mark) {
	if m.to >= 0 && m.to != s.index {
		s.shard.misdirected++
		return
	}
	if m.stream >= len(s.last) {
		return
	}
	last := &s.last[m.stream]
	switch {
	case m.seq > *last:
		for q := *last + 1; q < m.seq && m.to < 0 && len(s.missed) < maxMissed; q++ {
			s.missed = append(s.missed, missed{m.stream, q})
		}
		*last = m.seq
	default:
		i := slices.Index(s.missed, missed{m.stream, m.seq})
		if i < 0 {
			s.shard.duplicates++
			return
		}
		s.missed = slices.Delete(s.missed, i, i+1)
		s.shard.disordered++
	}
	s.had++
	s.fresh++
	s.shard.latency.add(s.now - m.at)
}

// answered counts the answer to the open event.
func (s *subscriber) answered() {
	asked := s.asked.Swap(0)
	if asked == 0 {
		s.shard.duplicates++
		return
	}
	s.fresh++
	s.shard.latency.add(s.now - asked)
	s.run.idle <- s
}

// hear gets what Frame does not know: refusals.
func (s *subscriber) hear(_ *client.Conn, f *client.Frame) {
	if f.Error != nil {
		s.run.note(f.Error)
	}
	if string(f.ID) == `"`+eventID+`"` && s.asked.Swap(0) != 0 {
		s.run.ledger.arrive(1)
		s.run.idle <- s
	}
}

// left is told when the server, or the network, has ended the connection.
func (s *subscriber) left(how *client.Closed) {
	if s.run.ending.Load() {
		return
	}
	r := s.run
	r.mu.Lock()
	r.closed[how.Code]++
	if how.Text != "" {
		r.keep(how.Text)
	}
	joined := s.joined
	s.joined = false
	r.mu.Unlock()
	if joined {
		r.ledger.leave(s.topic, s.had, !r.plan.Targeted && r.plan.Event == "")
	}
}

// hears marks the subscriber as subscribed, unless it has left meanwhile.
func (s *subscriber) hears() {
	r := s.run
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.conn.Err() == nil {
		s.joined = true
		r.ledger.join(s.topic)
		r.subscribers = append(r.subscribers, s)
	}
}

var _ client.Tap = (*subscriber)(nil)
