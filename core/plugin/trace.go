package plugin

import (
	"time"

	"github.com/driplet/driplet/core"
)

// Trace is one event as it went: what came in, what came of it. Whoever is
// given one may keep it, but changes nothing in it; Input's bytes are the
// sender's, and valid only while the event is handled.
type Trace struct {
	Seq                       uint64 // counts the host's kept traces; 0: not kept
	Plugin, Version, Endpoint string
	Input                     Input
	Answer                    []byte
	Refusal                   *core.Error
	Deferred                  core.Handle // the caller waits for a later answer; 0: not
	Failure                   error       // trap, deadline, bad answer; or why Refusal is plugin_failed: what the plugin gave cannot be passed on
	Took                      time.Duration
	Fuel                      int64 // as package meter counts it: about the instructions that ran
	Logs                      []string
	Effects                   []Effect // as asked for; applied unless there is a Failure without a Refusal, or Refusal says that the store is full
	Reads                     []Read
	Cut                       bool // too large to be kept: reads are left out; in what is kept, data and effects too
}

// Read is something that a handler was told of the world outside: its store,
// who is subscribed. Given the same, it does the same.
type Read struct {
	Op      string         // the import: kv_get, kv_cas, kv_incr, kv_scan, kv_scan_after, subscribed, presence, history, now (once)
	Key     string         // kv_*: the key or prefix; subscribed, presence, history: the topic
	After   string         // kv_scan_after: the key behind which it listed; "": from the start
	Session core.SessionID // subscribed
	Found   bool           // kv_get, kv_incr: the key was there; kv_cas: it held what was expected; subscribed: yes; history: the topic's rule keeps one
	Value   []byte         // kv_*: what was there (kv_scan, kv_scan_after: an envelope of pairs); presence: JSON as ABI.md has it; history: the envelope that it has; now: the time in decimal
}

// maxNoted is how many bytes of reads are noted of an event: a guest may ask
// for a MiB a thousand times.
const maxNoted = 4 << 20

// noting reports whether what the guest is told is noted: somebody looks, and it
// was not too much so far.
func (in *instance) noting() bool { return in.traced && in.noted <= maxNoted }

// read notes what the guest is told.
func (in *instance) read(r Read) {
	if in.noting() {
		in.reads = append(in.reads, r)
		in.noted += readBytes + len(r.Key) + len(r.After) + len(r.Value)
	}
}

// trace makes the record of the event that in has just handled.
func (in *instance) trace(input *Input, took time.Duration, fuel int64, out outcome, err error) *Trace {
	b := in.b
	if err == nil {
		err = out.fault
	}
	if !in.traced && err == nil {
		return nil
	}
	t := &Trace{
		Plugin: b.Name, Version: b.Version, Endpoint: b.endpoint.Name, Input: *input,
		Answer: out.shown(), Refusal: out.refusal, Failure: err, Took: took, Fuel: fuel, Logs: in.lines, Reads: in.reads,
	}
	if t.Cut = in.noted > maxNoted; t.Cut {
		t.Reads = nil
	}
	if in.client != nil {
		t.Deferred = in.client.Deferred
	}
	if in.fx != nil {
		t.Effects = in.fx.list
	}
	return t
}

// traced tells those who want to know of an event while it is being handled.
func (b *binding) traced(t *Trace) {
	if t == nil {
		return
	}
	b.ring.keep(t, &b.host.traces)
	if b.host.Trace != nil {
		b.host.Trace(t)
	}
}
