package core

// CommandKind says what a client asks for.
type CommandKind uint8

// What a client can ask for.
const (
	CommandSubscribe CommandKind = iota + 1
	CommandUnsubscribe
	CommandEvent
	CommandPublish
	CommandPresence
	CommandHistory
	CommandRefresh
	CommandPing
)

// RequestID is the "id" of a client's frame as JSON text (`7`, `"a"`), ready
// to be written back; empty when the client wants no answer.
type RequestID string

// Command is one decoded client frame.
type Command struct {
	Kind  CommandKind
	ID    RequestID
	Topic string
	Event string
	Data  []byte    // compact JSON: an event's data, or a publish's message
	Token string    // refresh
	Since *Position // subscribe, history
	Proof string    // subscribe
	Limit int       // history
}
