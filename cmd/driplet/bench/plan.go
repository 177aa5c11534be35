// Package bench measures a Driplet server from the outside: it connects many
// clients, subscribes them, publishes (or sends events to a plugin), and counts
// and times what arrives.
//
// Client and server share the machine when both run on it, so the client does
// as little as it can: one goroutine a connection and no buffer while it waits,
// no JSON for what arrives (mark.go), no allocation a message, counters that
// are touched once a read.
package bench

import (
	"fmt"
	"io"
	"time"

	"github.com/driplet/driplet/core"
)

// Plan says what to measure, and against whom.
type Plan struct {
	API       string // URL of the endpoint's API, such as http://127.0.0.1:4719/api/default
	WebSocket string // URL of its WebSocket, such as ws://127.0.0.1:4719/ws/default
	Endpoint  string // its name, for hints
	APISecret string
	JWTSecret string
	UserClaim string // "" is uid

	Connections int
	Topics      int    // the connections are spread over them
	Topic       string // their name, with several their prefix; "" is one of this run's own
	Publishers  int
	Rate        float64 // messages or events a second; 0: Window
	Window      int     // messages or events that may be under way
	Duration    time.Duration
	Size        int    // bytes of a message or of an event's data
	Targeted    bool   // each message is addressed to one user
	Event       string // send events of this name instead of publishing
	Data        []byte // of the events, JSON; nil: Size bytes

	Progress io.Writer // a line a second
}

// Limits of a plan. They catch typing errors, not servers.
const (
	maxConnections = 1_000_000
	maxPublishers  = 256
	maxTopics      = 100_000
	maxSize        = core.MaxBodyBytes - 4096 // of envelope
)

// minSize holds the mark.
const minSize = len(markStart) + markDigits + len(markEnd)

// Check says what is wrong with a plan.
func (p *Plan) Check() error {
	switch {
	case p.Connections < 1 || p.Connections > maxConnections:
		return fmt.Errorf("-connections %d: choose 1 to %d", p.Connections, maxConnections)
	case p.Topics < 1 || p.Topics > maxTopics || p.Topics > p.Connections:
		return fmt.Errorf("-topics %d: choose 1 to the number of connections, %d at most", p.Topics, maxTopics)
	case p.Publishers < 1 || p.Publishers > maxPublishers:
		return fmt.Errorf("-publishers %d: choose 1 to %d", p.Publishers, maxPublishers)
	case p.Rate < 0 || p.Rate > 1e6:
		return fmt.Errorf("-rate %g: choose up to 1000000 a second", p.Rate)
	case p.Window < 0 || p.Window > 1_000_000:
		return fmt.Errorf("-window %d: choose up to 1000000", p.Window)
	case (p.Rate > 0) == (p.Window > 0):
		return fmt.Errorf("choose -rate or -window: so many a second, or so many under way")
	case p.Duration < 0 || p.Duration > 24*time.Hour:
		return fmt.Errorf("-duration %s: choose up to 24h", p.Duration)
	case p.Size < minSize || p.Size > maxSize:
		return fmt.Errorf("-size %d: choose %d to %d bytes", p.Size, minSize, maxSize)
	case p.Targeted && p.Event != "":
		return fmt.Errorf("-targeted is for messages, -events for events: choose one")
	}
	return nil
}

// topic is the name of the i-th.
func (p *Plan) topic(i int) string {
	if p.Topics == 1 {
		return p.Topic
	}
	return fmt.Sprintf("%s.%d", p.Topic, i)
}
