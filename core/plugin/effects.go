package plugin

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
)

// Op names an effect as its import is named.
type Op string

// The effects of a handler.
const (
	OpPublish     Op = "publish"
	OpReply       Op = "reply"
	OpSubscribe   Op = "subscribe"
	OpUnsubscribe Op = "unsubscribe"
	OpDisconnect  Op = "disconnect"
	OpSet         Op = "kv_set"
	OpDelete      Op = "kv_delete"
	OpFetch       Op = "http_fetch"
	OpTimer       Op = "timer_set"
)

// Effect is one thing that a handler asked for, to be done when it has ended.
// Which fields count depends on Op.
type Effect struct {
	Op        Op
	Topic     string // publish, subscribe, unsubscribe
	Event     string // publish: its name
	Data      []byte // publish, reply: JSON; kv_set: the value
	Target    []byte // publish: JSON
	Except    core.SessionID
	ID        string
	NoHistory bool
	Session   core.SessionID // subscribe
	Info      []byte         // subscribe: JSON
	Who       core.Audience  // unsubscribe, disconnect
	Reason    string
	Handle    core.Handle // reply
	Refusal   *core.Error // reply
	Key       string      // kv_set, kv_delete
	TTL       time.Duration
	Name      string // timer_set
	At        int64  // timer_set: unix milliseconds, 0 takes it back
	State     []byte // timer_set, http_fetch
	Request   *FetchRequest

	target *core.Target
}

// effects collects what one handler asks for.
type effects struct {
	list      []Effect // what lies behind its length is zero
	publishes int
	fetches   int
	bytes     int
	values    []byte       // of kv_set: a KV copies what it is given
	commit    []core.Write // what writes makes
}

// newEffects is an empty list; what it has grown to is used again.
func (h *Host) newEffects() *effects {
	if x, ok := h.spare.Get().(*effects); ok {
		return x
	}
	return new(effects)
}

// release takes a list back that nobody looks at any more.
func (h *Host) release(x *effects) {
	if cap(x.list) > spareEffects || cap(x.values) > spareValues {
		return
	}
	for i := range x.list {
		x.list[i].forget()
	}
	clear(x.commit)
	*x = effects{list: x.list[:0], values: x.values[:0], commit: x.commit[:0]}
	h.spare.Put(x)
}

// forget makes the effect zero. Those that most events have are done field by
// field: to clear all of them at once takes several times as long while the
// collector runs.
func (e *Effect) forget() {
	switch e.Op {
	case OpPublish:
		e.Topic, e.Event, e.Data, e.Target, e.target = "", "", nil, nil, nil
		e.Except, e.ID, e.NoHistory = "", "", false
	case OpSet:
		e.Key, e.Data, e.TTL = "", nil, 0
	default:
		*e = Effect{}
	}
	e.Op = ""
}

// spareEffects and spareValues bound the lists that are kept, and the bytes of
// their values.
const (
	spareEffects = 16
	spareValues  = 16 << 10
)

// add collects one more effect, which holds size bytes: it is for the caller to
// fill in before the next.
func (x *effects) add(op Op, size int) (*Effect, error) {
	if x.full(op, size) {
		return nil, ErrnoLimit
	}
	switch op {
	case OpPublish:
		x.publishes++
	case OpFetch:
		x.fetches++
	}
	x.bytes += size
	if n := len(x.list); n < cap(x.list) {
		x.list = x.list[:n+1]
	} else {
		x.list = append(x.list, Effect{})
	}
	e := &x.list[len(x.list)-1]
	e.Op = op
	return e, nil
}

// value copies b to memory that lasts as long as the list; never nil.
func (x *effects) value(b []byte) []byte {
	switch {
	case len(b) == 0:
		return []byte{}
	case len(b) > spareValues: // it would not be kept
		return bytes.Clone(b)
	}
	at := len(x.values)
	x.values = append(x.values, b...)
	return x.values[at:len(x.values):len(x.values)]
}

// full reports whether there is no room for one more of that kind and size.
func (x *effects) full(op Op, size int) bool {
	return len(x.list) == MaxEffects || x.bytes+size > MaxEffectBytes ||
		op == OpPublish && x.publishes == MaxPublishes || op == OpFetch && x.fetches == MaxFetches
}

// pending finds the last write of key: the value (nil: deleted) and whether
// there is one.
func (x *effects) pending(key string) (value []byte, ok bool) {
	for i := len(x.list) - 1; i >= 0; i-- {
		if e := &x.list[i]; (e.Op == OpSet || e.Op == OpDelete) && e.Key == key {
			return e.Data, true
		}
	}
	return nil, false
}

// writes are the kv effects as one commit.
func (x *effects) writes() []core.Write {
	for i := range x.list {
		switch e := &x.list[i]; e.Op {
		case OpSet:
			x.commit = append(x.commit, core.Write{Key: e.Key, Value: e.Data, TTL: e.TTL})
		case OpDelete:
			x.commit = append(x.commit, core.Write{Key: e.Key})
		}
	}
	return x.commit
}

// pendingIn finds the keys under prefix that this event writes and a scan may
// list, and what it sets them to last.
func (x *effects) pendingIn(prefix string, o *core.ScanOptions) (set []core.Pair, keys map[string]bool) {
	for i := len(x.list) - 1; i >= 0; i-- {
		e := &x.list[i]
		if (e.Op != OpSet && e.Op != OpDelete) || !strings.HasPrefix(e.Key, prefix) || o.Passed(e.Key) || keys[e.Key] {
			continue
		}
		if keys == nil {
			keys = map[string]bool{}
		}
		keys[e.Key] = true
		if e.Op == OpSet {
			set = append(set, core.Pair{Key: e.Key, Value: e.Data})
		}
	}
	return set, keys
}

// overlay adds the pending pairs to what a scan has found without them. Where
// the scan has not come to the end, what lies behind its last pair is left out:
// there may be others before it.
func overlay(found, pending []core.Pair, o core.ScanOptions) []core.Pair {
	order := func(a, b core.Pair) int {
		if o.Reverse {
			a, b = b, a
		}
		return strings.Compare(a.Key, b.Key)
	}
	size := 0
	for _, p := range found {
		size += len(p.Key) + len(p.Value)
	}
	if len(found) == o.Limit || size >= o.Bytes {
		last := found[len(found)-1]
		pending = slices.DeleteFunc(pending, func(p core.Pair) bool { return order(p, last) > 0 })
	}
	found = append(found, pending...)
	slices.SortFunc(found, order)
	return found
}
