package core

import "time"

// HookKind says at which point of a client's life a handler is asked.
type HookKind uint8

// The points at which a handler is asked. Connect, Subscribe, Message, Publish
// and HTTP wait for a verdict; Disconnect and Unsubscribe only tell. Publish
// comes before a message of a client or a backend is placed, never before one
// of a handler. HTTP is a backend's request to one plugin. The numbers are also
// those of the plugins' ABI, where 7 is a timer.
const (
	HookConnect HookKind = iota + 1
	HookDisconnect
	HookSubscribe
	HookUnsubscribe
	HookMessage
	HookPublish
	_
	HookHTTP
)

// Handle names a client's open request, answered once by whoever holds it.
type Handle uint64

// ClientEvent is what a handler (a plugin, a callback) is asked about.
type ClientEvent struct {
	Kind     HookKind
	Endpoint string
	Event    string    // Message: its name; Publish: the message's event name, may be empty; HTTP: the plugin's name
	Topic    string    // Subscribe, Unsubscribe, Publish; Message when given
	Session  SessionID // empty: a backend asks
	User     string    // public id
	Claims   *Claims
	Request  RequestID
	Time     time.Time
	Data     []byte  // compact JSON; may be nil. Publish: the message; HTTP: the body, any bytes
	Target   *Target // Publish: whom it is for; nil: everybody
	HTTP     *HTTPRequest
	Deferred Handle // set by node when the handler defers its answer
}

// HTTPRequest is what HookHTTP tells besides the body.
type HTTPRequest struct {
	Method  string
	Query   string // of the URL, as sent, without the question mark
	Headers []byte // those worth passing as a JSON object of strings, names in lower case
	// Answer gets the answer of a handler that deferred it, once. Set by node.
	Answer func(data []byte, refusal *Error)
}

// Verdict is a handler's consent. A refusal is an *Error instead. To a publish
// it says what is placed: who lets it pass gives back what came.
type Verdict struct {
	Data   []byte  // Message, HTTP: the answer as JSON, nil is null; Subscribe: the member's info; Publish: the message
	Target *Target // Publish: whom it is for; nil: everybody
	Drop   bool    // Publish: nothing is placed, and its publisher does not notice
}

// Audience names connections of one endpoint: by session, or by public id, which
// stands for all connections of that user.
type Audience struct {
	Sessions []SessionID
	Users    []string
}
