//go:build wasip1

package driplet

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Event is what a handler is asked about. Which fields hold something depends
// on the kind of event; the others are empty. It is not to be kept beyond the
// handler, nor are Data, Claims, State, Headers and Target; its texts are.
type Event struct {
	Event    string // message: its name, "chat.send"; publish: the message's event name, may be empty; timer: the timer's name
	Topic    string // message (when given), subscribe, unsubscribe, publish
	Session  string // the connection: a secret between it and the server; empty when a backend publishes
	User     string // its public id, as others see it
	Request  string // message: the request's id; empty: nobody waits for an answer
	Claims   Value  // the object custom of the connection's token
	Time     time.Time
	Data     Value  // message: what the client sent; publish: the message; http: the body
	Account  string // the token's user; empty: anonymous
	Endpoint string // its name
	State    []byte // timer, http: what was given to Timer.Set or HTTP.Fetch
	Status   int    // http: the answer's status; 0: there was none, and Data holds code and message
	Headers  Value  // http: the answer's headers, names in lower case; of a request those that tell of its body and sender, unsigned
	Method   string // http: POST, a backend's request, whose answer the handler returns; empty: the answer to HTTP.Fetch
	Query    string // http: the query of a request's URL, without the question mark
	Target   Value  // publish: whom the message is for; empty: everybody

	bad error
}

const fields = 16

// current is the event at hand: there is one at a time, and memory of its own
// for each would take as long as all the rest of it.
var current Event

// readEvent copies the first five texts together, for the same reason.
func readEvent(b []byte) *Event {
	var f [fields][]byte
	readEnvelope(b, f[:])
	e := &current
	endpoint := e.Endpoint // the same for the instance's whole life
	if string(f[9]) != endpoint {
		endpoint = string(f[9])
	}
	*e = Event{Claims: f[5], Data: f[7], Endpoint: endpoint, State: f[10], Headers: f[12], Target: f[13], Method: string(f[14]), Query: string(f[15])}
	at := 8
	head := string(b[:at+len(f[0])+len(f[1])+len(f[2])+len(f[3])+len(f[4])+16])
	e.Event = head[at : at+len(f[0])]
	at += len(f[0]) + 4
	e.Topic = head[at : at+len(f[1])]
	at += len(f[1]) + 4
	e.Session = head[at : at+len(f[2])]
	at += len(f[2]) + 4
	e.User = head[at : at+len(f[3])]
	at += len(f[3]) + 4
	e.Request = head[at : at+len(f[4])]
	if e.Account = e.User; string(f[8]) != e.User {
		e.Account = string(f[8])
	}
	if len(f[6]) >= 8 {
		e.Time = time.UnixMilli(int64(binary.LittleEndian.Uint64(f[6])))
	}
	if len(f[11]) >= 4 {
		e.Status = int(int32(binary.LittleEndian.Uint32(f[11])))
	}
	return e
}

// Subscribed reports whether the event's connection is subscribed to topic.
func (e *Event) Subscribed(topic string) bool {
	ok, _ := Subscribed(e.Session, topic)
	return ok
}

// Err is the first field that String, Int and their like found wrong, as
// bad_request to return; nil if all were right. Read all, then ask once.
func (e *Event) Err() error { return e.bad }

// String reads the text at path of Data: not empty, at most max long, counted
// as a browser's maxlength counts (UTF-16 units).
func (e *Event) String(path string, max int) string {
	s, ok := e.Data.String(path)
	switch {
	case !ok:
		return e.wrong(path, "must be a string")
	case s == "":
		return e.wrong(path, "must not be empty")
	}
	return e.atMost(path, s, max)
}

// StringOr is as String, but the field may be missing, null or empty: then
// fallback.
func (e *Event) StringOr(path string, max int, fallback string) string {
	if s, ok := e.Data.String(path); !e.Data.Has(path) || ok && s == "" {
		return fallback
	}
	return e.String(path, max)
}

// ID reads the string or number at path as text: ids come as either.
func (e *Event) ID(path string, max int) string {
	s, _ := e.Data.Text(path)
	if s == "" {
		return e.wrong(path, "must be a string or a number")
	}
	return e.atMost(path, s, max)
}

// atMost returns s, unless it is longer than max.
func (e *Event) atMost(path, s string, max int) string {
	if len(s) <= max { // no character has fewer bytes than units
		return s
	}
	if n := units(s); n > max {
		return e.wrong(path, fmt.Sprintf("has %d characters, the limit is %d", n, max))
	}
	return s
}

// Int reads the whole number at path, from low to high.
func (e *Event) Int(path string, low, high int64) int64 {
	n, ok := e.Data.Int(path)
	if !ok || n < low || n > high {
		e.wrong(path, fmt.Sprintf("must be a whole number from %d to %d", low, high))
		return low
	}
	return n
}

// IntOr is as Int, but the field may be missing or null: then fallback.
func (e *Event) IntOr(path string, low, high, fallback int64) int64 {
	if !e.Data.Has(path) {
		return fallback
	}
	return e.Int(path, low, high)
}

func (e *Event) wrong(path, what string) string {
	if e.bad == nil {
		e.bad = Fail("bad_request", path+" "+what)
	}
	return ""
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x10000 {
			n++
		}
	}
	return n
}
