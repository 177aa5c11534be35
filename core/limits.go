package core

import "time"

// Limits bounds what an endpoint's clients can cost.
type Limits struct {
	Connections           int
	ConnectionsPerAddress int // 0: DefaultConnectionsPerAddress, and loopback is spared
	Subscriptions         int // a connection
	FrameBytes            int
	QueueBytes            int // waiting to be sent, a connection
	EventsPerSecond       float64
	BytesPerSecond        int     // a connection's own; 0: EventsPerSecond times FrameBytes
	HooksPerSecond        float64 // requests of backends to plugins
}

// DefaultLimits are an endpoint's limits where its configuration is silent.
var DefaultLimits = Limits{
	Connections:     20000,    // the usual descriptor limit: past it accept fails for everybody
	Subscriptions:   200,      // each costs memory in the topic and the session
	FrameBytes:      64 << 10, // a client's frame is buffered whole before it is read
	QueueBytes:      1 << 20,  // what a slow reader may cost before it is closed
	EventsPerSecond: 20,       // a person types slower; a loop does not
	HooksPerSecond:  100,      // each may hold an instance for its plugin's whole deadline
}

// DefaultConnectionsPerAddress bounds the connections of one address where
// Limits has no number: an office behind one address, but not one hostile
// script. Loopback addresses are spared then, since a proxy or an application
// on the same machine speaks for many.
const DefaultConnectionsPerAddress = 200

// MaxBodyBytes bounds a request to the HTTP API, which is buffered whole so
// that its signature can be checked before anything of it is believed.
const MaxBodyBytes = 1 << 20

// MaxHookBytes bounds the body of a request to a plugin: it is copied into the
// guest's memory, as the answer to a plugin's own request is.
const MaxHookBytes = 256 << 10

// MaxTokenBytes bounds a JWT: it is hashed, kept and parsed before it is
// trusted. Header lines end at 8 KiB in common proxies anyway.
const MaxTokenBytes = 16 << 10

// ReplayWindow is how far a request's timestamp may lie from the server's
// clock, either way.
const ReplayWindow = 60 * time.Second
