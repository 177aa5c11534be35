package core

// Outgoing is everything that a client can be told. The set is closed: each
// dialect says how (or whether) it writes each of them.
type Outgoing interface{ outgoing() }

// Reply answers one request.
type Reply struct {
	ID        RequestID
	Topic     string   // subscribe, unsubscribe
	Pos       Position // subscribe, when the topic keeps history: all after it follows
	Recovered *bool    // subscribe and history with since
	Missed    int      // subscribe with since: so many messages of the past follow
	Page      *Page    // history
	HasData   bool     // event: Data is the handler's answer, nil meaning null
	Data      []byte   // JSON
}

// Page answers a question about a topic's history.
type Page struct {
	Messages []*Event // oldest first, those that are addressed to the client
	Next     Position // since of the question that goes on from here; zero: nothing was ever kept
	More     bool     // there are newer ones that did not fit
}

// Failure refuses one request, or reports a fault when ID is empty.
type Failure struct {
	ID  RequestID
	Err *Error
}

// Welcome is the first frame of a connection.
type Welcome struct {
	Session  SessionID
	User     string
	Ping     int   // seconds between the server's pings
	MaxFrame int   // bytes
	Expires  int64 // unix seconds; 0: never
}

// Join and Leave tell a topic with presence who came and went.
type (
	Join struct {
		Topic  string
		Member Member
	}
	Leave struct {
		Topic  string
		Member Member
	}
)

// Subscribed and Unsubscribed tell a client what was done to it by a plugin,
// the backend, a refresh or a gap.
type (
	Subscribed struct {
		Topic, Reason string
		Info          []byte   // JSON; may be nil
		Pos           Position // when the topic keeps history: all after it follows
	}
	Unsubscribed struct{ Topic, Reason string }
)

// ReasonGap is the reason of an Unsubscribed whose client has read too slowly
// to hear all of a topic that keeps history: it subscribes again since what it
// heard last.
const ReasonGap = "gap"

// Expiring asks the client to refresh its token within In seconds.
type Expiring struct{ In int }

// Pong answers an application-level ping.
type Pong struct{}

func (*Event) outgoing()       {}
func (Reply) outgoing()        {}
func (Failure) outgoing()      {}
func (Welcome) outgoing()      {}
func (Join) outgoing()         {}
func (Leave) outgoing()        {}
func (Subscribed) outgoing()   {}
func (Unsubscribed) outgoing() {}
func (Expiring) outgoing()     {}
func (Pong) outgoing()         {}
