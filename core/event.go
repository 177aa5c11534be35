package core

// SessionID names one connection, from accept to close. It is a secret between
// the server and that client: whoever knows it may exclude the session from a
// publish, or send for it.
type SessionID string

// TopicKey names a topic across endpoints.
type TopicKey struct{ Endpoint, Topic string }

// Position orders the events of one topic. A stale epoch can never resume by
// mistake. The zero Position means that the topic keeps no history.
type Position struct {
	Epoch  string
	Offset uint64
}

// Event is one message on a topic, immutable once it is placed.
type Event struct {
	Key    TopicKey
	Pos    Position
	Name   string    // "" stands for "message"
	Data   []byte    // compact JSON
	Target *Target   // nil: every subscriber
	Except SessionID // hears nothing of it; may be empty
	From   string    // public id of the publishing client; empty for a backend
	// Overflow says what becomes of it at a connection that reads too slowly.
	Overflow Overflow
	// Keep is what its topic keeps of events like this one; the zero History:
	// it is heard by those who are there, and gone, and what the topic keeps of
	// others stays.
	Keep History
	// NoHistory: whoever sent it asks that it is not kept, whatever its topic's
	// rule says.
	NoHistory bool
}

// Member is one subscriber of a topic as others may see it.
type Member struct {
	ID   string // public id, see PublicID
	Info []byte // JSON given by the subscribe hook; may be nil
}
