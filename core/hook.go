package core

import "time"

// HookKind says at which point of a client's life a handler is asked.
type HookKind uint8

// The points at which a handler is asked. Connect, Subscribe and Message
// wait for a verdict; Disconnect and Unsubscribe only tell.
const (
	HookConnect HookKind = iota + 1
	HookDisconnect
	HookSubscribe
	HookUnsubscribe
	HookMessage
)

// Handle names a client's open request, answered once by whoever holds it.
type Handle uint64

// ClientEvent is what a handler (a plugin, a callback) is asked about.
type ClientEvent struct {
	Kind     HookKind
	Endpoint string
	Event    string // Message: its name
	Topic    string // Subscribe, Unsubscribe; Message when given
	Session  SessionID
	User     string // public id
	Claims   *Claims
	Request  RequestID
	Time     time.Time
	Data     []byte // compact JSON; may be nil
	Deferred Handle // set by node when the handler defers its answer
}

// Verdict is a handler's consent. A refusal is an *Error instead.
type Verdict struct {
	Data []byte // Message: the answer as JSON, nil is null; Subscribe: the member's info
}

// Audience names connections of one endpoint: by session, or by public id, which
// stands for all connections of that user.
type Audience struct {
	Sessions []SessionID
	Users    []string
}
