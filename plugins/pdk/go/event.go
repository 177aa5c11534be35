//go:build wasip1

package driplet

import (
	"encoding/binary"
	"strconv"
	"time"
	"unsafe"
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

	bad  error
	more bool // fields that only some kinds have are not empty
}

// current is the event at hand: there is one at a time, and memory of its own
// for each would take as long as all the rest of it.
var current Event

// The fields of an envelope: those that every event has, and all but the index,
// which comes last.
const (
	fewFields = 10
	allFields = 16
)

// readEvent reads an envelope (ABI.md, 3), which the host wrote well formed:
// fields beyond those known are skipped, missing ones are empty. names are the
// handlers' by events: theirs need no memory. It goes from field to field without
// a loop, and copies texts that lie together at once: what each event costs.
func readEvent(p unsafe.Pointer, names *routes) (*Event, Handler) {
	count := *(*uint16)(unsafe.Add(p, 2))
	if count < fewFields {
		p, count = filled(p, count)
	}
	event := unsafe.Add(p, 4)
	topic := behind(event)
	session := behind(topic)
	user := behind(session)
	request := behind(user)
	claims := behind(request)
	at := behind(claims)
	data := behind(at)
	account := behind(data)
	endpoint := behind(account)
	e := &current
	name, handler := names.find(field(event))
	if name == "" {
		name = keep(field(event))
	}
	head := keep(view(topic, uintptr(claims)-uintptr(topic)))
	i, j, k := int(uintptr(session)-uintptr(topic)), int(uintptr(user)-uintptr(topic)), int(uintptr(request)-uintptr(topic))
	public := head[j+4 : k]
	whose := public
	if n := int(size32(account)); n != len(public) || !same(unsafe.Add(account, 4), textAt(public), n) {
		whose = keep(field(account))
	}
	if n := int(size32(endpoint)); n != len(e.Endpoint) || !same(unsafe.Add(endpoint, 4), textAt(e.Endpoint), n) {
		e.Endpoint = string(field(endpoint)) // the same for the instance's whole life
	}
	var (
		inTopic, inSession, asked = head[4:i], head[i+4 : j], head[k+4:]
		custom, said              = field(claims), field(data)
	)
	e.Time = time.UnixMilli(*(*int64)(unsafe.Add(at, 4)))
	e.Event, e.Topic, e.Session, e.User, e.Request, e.Account = name, inTopic, inSession, public, asked, whose // together: the collector is asked once
	e.Claims, e.Data, e.bad = custom, said, nil
	if count <= fewFields && !e.more {
		shows(p, data, nil)
		return e, handler
	}
	rest := behind(endpoint)
	if between := (*[3]uint64)(rest); count > allFields && !e.more && between[0]|between[1]|between[2] == 0 { // six empty fields
		shows(p, data, unsafe.Add(rest, 4*(allFields-fewFields)))
		return e, handler
	}
	shows(p, data, e.readMore(endpoint, count))
	return e, handler
}

// readMore reads what only some kinds of events have, and returns the index.
func (e *Event) readMore(last unsafe.Pointer, count uint16) (index unsafe.Pointer) {
	var more [allFields - fewFields][]byte
	for i := range more[:min(max(count, fewFields), allFields)-fewFields] {
		last = behind(last)
		more[i] = field(last)
	}
	e.State, e.Headers, e.Target, e.Method, e.Query, e.Status = more[0], more[2], more[3], keep(more[4]), keep(more[5]), 0
	if len(more[1]) >= 4 {
		e.Status = int(int32(binary.LittleEndian.Uint32(more[1])))
	}
	if count > allFields {
		index = behind(last)
	}
	e.more = len(more[0])+len(more[1])+len(more[2])+len(more[3])+len(more[4])+len(more[5]) > 0
	return index
}

// filled is the envelope with empty fields in place of missing ones, and a time.
func filled(p unsafe.Pointer, count uint16) (unsafe.Pointer, uint16) {
	b, last := append([]byte{}, view(p, 4)...), unsafe.Add(p, 4)
	for i := range uint16(fewFields) {
		switch {
		case i < count && size32(last) > 0:
			b = append(binary.LittleEndian.AppendUint32(b, size32(last)), field(last)...)
		case i == 6:
			b = append(b, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		default:
			b = append(b, 0, 0, 0, 0)
		}
		if i < count {
			last = behind(last)
		}
	}
	return unsafe.Pointer(unsafe.SliceData(b)), fewFields
}

// A field begins with its length.

func size32(p unsafe.Pointer) uint32 { return *(*uint32)(p) }

func behind(p unsafe.Pointer) unsafe.Pointer { return unsafe.Add(p, 4+size32(p)) }

func field(p unsafe.Pointer) []byte { return view(unsafe.Add(p, 4), uintptr(size32(p))) }

// view is unsafe.Slice without its checks.
func view(p unsafe.Pointer, n uintptr) []byte { return (*[1 << 30]byte)(p)[:n:n] }

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
	t, b := e.Data.find(path)
	if t == isString && len(b) > 0 && len(b) <= max { // no character has fewer bytes than units
		return keep(b)
	}
	switch {
	case t != isString:
		return e.wrong(path, "must be a string")
	case len(b) == 0:
		return e.wrong(path, "must not be empty")
	}
	return e.atMost(path, keep(b), max)
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
		return e.wrong(path, "has "+strconv.Itoa(n)+" characters, the limit is "+strconv.Itoa(max))
	}
	return s
}

// Int reads the whole number at path, from low to high.
func (e *Event) Int(path string, low, high int64) int64 {
	n, ok := e.Data.Int(path)
	if !ok || n < low || n > high {
		e.wrong(path, "must be a whole number from "+strconv.FormatInt(low, 10)+" to "+strconv.FormatInt(high, 10))
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
