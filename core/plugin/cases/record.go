package cases

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/driplet/driplet/core/plugin"
)

// Record is an event as it went, as JSON: what a server tells of its plugins,
// and what files of recorded events hold, one a line. It holds claims and data;
// session ids are masked (Mask).
type Record struct {
	Seq      uint64            `json:"seq,omitempty"` // counts the events of a plugin on an endpoint
	Plugin   string            `json:"plugin"`
	Version  string            `json:"version"`
	Endpoint string            `json:"endpoint"`
	Event    RecordedEvent     `json:"event"`
	Answer   json.RawMessage   `json:"answer,omitempty"`
	Refusal  json.RawMessage   `json:"refusal,omitempty"`
	Failure  string            `json:"failure,omitempty"`  // trap, deadline, bad answer: nothing was applied; beside a refusal, plugin_failed, why that could not be passed on
	Deferred uint64            `json:"deferred,omitempty"` // the handle of the request that stays open
	Took     int64             `json:"took_us"`
	Fuel     int64             `json:"fuel"`
	Logs     []string          `json:"logs,omitempty"`
	Effects  []json.RawMessage `json:"effects,omitempty"`
	Reads    []RecordedRead    `json:"reads,omitempty"` // what the plugin was told of the world
	Cut      bool              `json:"cut,omitempty"`   // too large: data, effects and reads are left out
}

// RecordedEvent is a plugin.Input as JSON, with the keys of a case's event.
type RecordedEvent struct {
	Kind    string          `json:"kind"`
	Event   string          `json:"event,omitempty"`
	Topic   string          `json:"topic,omitempty"`
	Session string          `json:"session,omitempty"`
	User    string          `json:"user,omitempty"`
	Account string          `json:"account,omitempty"`
	Request json.RawMessage `json:"request,omitempty"`
	Claims  json.RawMessage `json:"claims,omitempty"`
	Time    int64           `json:"time"` // unix milliseconds
	Data    json.RawMessage `json:"data,omitempty"`
	Body    *Bytes          `json:"body,omitempty"` // data that is not JSON
	State   Bytes           `json:"state,omitempty"`
	Status  int32           `json:"status,omitempty"`
	Headers json.RawMessage `json:"headers,omitempty"`
	Target  json.RawMessage `json:"target,omitempty"`
	Method  string          `json:"method,omitempty"`
	Query   string          `json:"query,omitempty"`
}

// RecordedRead is a plugin.Read as JSON.
type RecordedRead struct {
	Op    string `json:"op"`
	Key   string `json:"key"`
	After string `json:"after,omitempty"` // kv_scan_after: the key behind which it listed
	Of    string `json:"of,omitempty"`    // subscribed: the session
	Found bool   `json:"found"`
	Value *Bytes `json:"value,omitempty"`
}

// Bytes are any bytes as JSON: a string where they are text, else
// {"base64":"…"}.
type Bytes []byte

type encodedBytes struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON never fails.
func (b Bytes) MarshalJSON() ([]byte, error) {
	if utf8.Valid(b) {
		return encode(string(b)), nil
	}
	return json.Marshal(encodedBytes{b})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (b *Bytes) UnmarshalJSON(src []byte) error {
	var text string
	if json.Unmarshal(src, &text) == nil {
		*b = []byte(text)
		return nil
	}
	var e encodedBytes
	err := json.Unmarshal(src, &e)
	*b = e.Base64
	return err
}

// NewRecord writes a trace down. mask hides sessions; nil shows them.
func NewRecord(t *plugin.Trace, mask *Mask) *Record {
	r := &Record{
		Seq: t.Seq, Plugin: t.Plugin, Version: t.Version, Endpoint: t.Endpoint, Event: recordedEvent(&t.Input),
		Answer: raw(t.Answer), Deferred: uint64(t.Deferred), Took: t.Took.Microseconds(), Fuel: t.Fuel, Logs: t.Logs, Cut: t.Cut,
	}
	if t.Refusal != nil {
		r.Refusal = encode(refusalJSON(t.Refusal))
	}
	if t.Failure != nil {
		r.Failure = t.Failure.Error()
	}
	for i := range t.Effects {
		r.Effects = append(r.Effects, encode(EffectJSON(&t.Effects[i])))
	}
	for _, read := range t.Reads {
		told := RecordedRead{Op: read.Op, Key: read.Key, After: read.After, Of: string(read.Session), Found: read.Found}
		if value := Bytes(read.Value); value != nil {
			if read.Op == "history" {
				value = pastText(value)
			}
			told.Value = &value
		}
		r.Reads = append(r.Reads, told)
	}
	if mask != nil {
		mask.record(r, t)
	}
	return r
}

func recordedEvent(in *plugin.Input) RecordedEvent {
	e := RecordedEvent{
		Kind: in.Kind.String(), Event: in.Event, Topic: in.Topic, Session: in.Session, User: in.User, Account: in.Account,
		Request: raw([]byte(in.Request)), Claims: raw(in.Claims), Time: in.Time.UnixMilli(),
		State: in.State, Status: in.Status, Headers: raw(in.Headers), Target: raw(in.Target), Method: in.Method, Query: in.Query,
	}
	if len(in.Data) > 0 {
		if e.Data = raw(in.Data); e.Data == nil || in.Kind == plugin.KindHTTP {
			body := Bytes(in.Data)
			e.Data, e.Body = nil, &body
		}
	}
	return e
}

// raw is JSON as it is; nil where it is none.
func raw(b []byte) json.RawMessage {
	if !json.Valid(b) || !utf8.Valid(b) {
		return nil
	}
	return b
}

// Input is the event as it came; sessions are what the record has for them.
func (r *Record) Input() (*plugin.Input, error) {
	e := &r.Event
	in := &plugin.Input{
		Kind: plugin.KindNamed(e.Kind), Event: e.Event, Topic: e.Topic, Session: e.Session, User: e.User, Account: e.Account,
		Request: string(e.Request), Claims: e.Claims, Time: time.UnixMilli(e.Time), Data: e.Data, Endpoint: r.Endpoint,
		State: e.State, Status: e.Status, Headers: e.Headers, Target: e.Target, Method: e.Method, Query: e.Query,
	}
	if e.Body != nil {
		in.Data = *e.Body
	}
	if in.Kind == 0 {
		return nil, fmt.Errorf("kind %q is none", e.Kind)
	}
	return in, nil
}
