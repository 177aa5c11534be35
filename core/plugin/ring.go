package plugin

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of what is kept of a plugin's last events, for each endpoint.
const (
	// KeptTraces is how many: a page or two to look at.
	KeptTraces = 256
	// KeptBytes is what they hold together: some hundred usual events.
	KeptBytes = 1 << 20
	// LargestTrace is from which size on an event is kept without its data.
	LargestTrace = 128 << 10
	// WatchedFor is how long after a look everything is kept; else only
	// failures are, which are rare and dear anyway: nobody pays for a trace that
	// nobody reads.
	WatchedFor = 10 * time.Minute
)

// ring keeps a plugin's last events on an endpoint, the oldest first. The zero
// value is ready.
type ring struct {
	until atomic.Int64 // unix nanoseconds: everything is kept; 0: failures alone

	mu      sync.Mutex
	list    []*Trace
	bytes   int
	dropped uint64 // the last one that had to go
}

// watched reports whether somebody has looked lately.
func (r *ring) watched() bool {
	until := r.until.Load()
	if until == 0 {
		return false
	}
	if time.Now().UnixNano() > until {
		r.until.CompareAndSwap(until, 0)
		return false
	}
	return true
}

// keep takes a trace whose event is still being handled: bytes that are the
// sender's are copied.
func (r *ring) keep(t *Trace, seq *atomic.Uint64) {
	kept := *t
	size := kept.size()
	if kept.Cut = kept.Cut || size > LargestTrace; kept.Cut {
		kept.Input.Data, kept.Input.Claims, kept.Input.Headers, kept.Input.State, kept.Answer = nil, nil, nil, nil, nil
		kept.Effects, kept.Reads = nil, nil
		size = kept.size()
	}
	in := &kept.Input
	for _, field := range []*[]byte{&in.Data, &in.Claims, &in.Headers, &in.State, &in.Target, &kept.Answer} {
		*field = bytes.Clone(*field)
	}
	for _, text := range []*string{&in.Event, &in.Topic, &in.Session, &in.User, &in.Account, &in.Request, &in.Method, &in.Query} {
		*text = strings.Clone(*text)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kept.Seq = seq.Add(1) // under the lock: the list is in order
	r.list = append(r.list, &kept)
	r.bytes += size
	drop := 0
	for len(r.list)-drop > 1 && (len(r.list)-drop > KeptTraces || r.bytes > KeptBytes) {
		r.bytes -= r.list[drop].size()
		r.dropped = r.list[drop].Seq
		drop++
	}
	if drop > 0 {
		r.list = slices.Delete(r.list, 0, drop)
	}
}

// readBytes is what a Read holds beside its texts.
const readBytes = 96

// size is about what a trace holds in memory, bytes.
func (t *Trace) size() int {
	in := &t.Input
	n := 512 + len(in.Event) + len(in.Topic) + len(in.Session) + len(in.User) + len(in.Account) + len(in.Request) +
		len(in.Data) + len(in.Claims) + len(in.Headers) + len(in.State) + len(in.Target) + len(in.Query) + len(t.Answer)
	for _, line := range t.Logs {
		n += 16 + len(line)
	}
	for i := range t.Effects {
		e := &t.Effects[i]
		n += 512 + len(e.Topic) + len(e.Event) + len(e.Data) + len(e.Target) + len(e.Info) + len(e.Key) + len(e.State)
		if e.target != nil {
			n += targetBytes * len(e.Target)
		}
		for _, id := range e.Who.Sessions {
			n += audienceName + len(id)
		}
		for _, user := range e.Who.Users {
			n += audienceName + len(user)
		}
		if e.Request != nil {
			n += 256 + len(e.Request.URL) + len(e.Request.Body)
		}
	}
	for i := range t.Reads {
		n += readBytes + len(t.Reads[i].Key) + len(t.Reads[i].After) + len(t.Reads[i].Value)
	}
	return n
}

// after are the kept traces behind seq.
func (r *ring) after(seq uint64) (list []*Trace, lost bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.list {
		if t.Seq > seq {
			list = append(list, t)
		}
	}
	return list, seq > 0 && r.dropped > seq
}

// TraceQuery says which of a plugin's last events to tell.
type TraceQuery struct {
	Plugin   string
	Endpoint string // "": all
	After    uint64 // a trace's Seq: only later ones
	Last     int    // at most so many, the latest; 0: all
}

// Kept is what TracesOf answers.
type Kept struct {
	Traces []*Trace
	Lost   bool   // events behind After had to go
	New    bool   // nobody had looked lately: so far only failures were kept
	Seq    uint64 // the last number that any trace of this host has got
}

// TracesOf tells a plugin's last events, the oldest first. From then on, for
// WatchedFor, every event is kept; before the first look only failures were.
// ok is false where no such endpoint has the plugin.
func (h *Host) TracesOf(q TraceQuery) (k Kept, ok bool) {
	k.Seq = h.traces.Load() // before the look: what comes meanwhile is behind it
	for endpoint, t := range *h.tenants.Load() {
		b := t.binding(q.Plugin)
		if b == nil || q.Endpoint != "" && q.Endpoint != endpoint {
			continue
		}
		ok = true
		r := &b.ring
		k.New = k.New || !r.watched()
		r.until.Store(time.Now().Add(WatchedFor).UnixNano())
		list, lost := r.after(q.After)
		k.Traces, k.Lost = append(k.Traces, list...), k.Lost || lost
	}
	slices.SortFunc(k.Traces, func(a, b *Trace) int { return cmp.Compare(a.Seq, b.Seq) })
	if q.Last > 0 && len(k.Traces) > q.Last {
		k.Traces = k.Traces[len(k.Traces)-q.Last:]
	}
	return k, ok
}
