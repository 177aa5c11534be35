package core

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Endpoint is a tenant: its own secrets, topics, clients, plugins and limits.
// A snapshot, immutable; a changed endpoint is a new snapshot.
type Endpoint struct {
	Name           string // lower case, as it stands in URLs
	Title          string
	APIKeys        []Credential // the first signs; all verify: current, then previous
	JWTKeys        []Credential
	Generation     uint64   // grows whenever a key changes: old cache entries die
	AllowedOrigins []string // empty: any
	UserClaim      string   // default "uid"
	EnforceExpiry  bool     // close connections when their token expires
	Version1       Version1
	Compress       bool // clients that ask for it get compressed frames (RFC 7692)
	EchoTarget     bool // version 1 frames repeat the target, as the old server did
	Topics         []TopicRule
	Plugins        []string
	PluginConfig   map[string]map[string]any
	Callbacks      []Callback
	Limits         Limits
}

// Credential is a secret with a name, so that both can be replaced in turn.
type Credential struct {
	ID     string
	Secret string
}

// Callback hands the events of clients whose name matches to a backend at URL
// (http or https), which has Timeout to answer.
type Callback struct {
	Match   Pattern
	URL     string
	Timeout time.Duration
}

// Version1 says what becomes of clients that speak the old wire.
type Version1 uint8

// Allow them; close them when their token expires; or refuse them.
const (
	Version1Allow Version1 = iota
	Version1Expire
	Version1Off
)

// Access says who may do a thing with a topic.
type Access uint8

// Who may subscribe or publish.
const (
	AccessDefault Access = iota // subscribe: anyone; publish: nobody but tokens that list it
	AccessPublic                // also connections without claims
	AccessAnyone                // any valid token
	AccessToken                 // listed in the token's topics or publish
	AccessClaims                // the rule's own pattern, filled in, matches
	AccessProof                 // proved by the backend's signature
	AccessPlugin                // a plugin's subscribe hook says so
	AccessNobody
)

// TopicRule says how topics that match behave; the first match wins.
type TopicRule struct {
	Match     Pattern
	Subscribe Access
	Publish   Access
	Overflow  Overflow
	History   History
}

// Admits reports whether the rule's pattern, filled in with these claims,
// matches: user.{uid} admits user 7 to user.7 alone.
func (r *TopicRule) Admits(topic string, c *Claims) bool {
	return r.Match.IsZero() || r.Match.Match(topic, c)
}

// Overflow says what happens to a connection that reads too slowly.
type Overflow uint8

// Close it, drop its oldest messages, or keep only the latest of a topic.
const (
	OverflowClose Overflow = iota
	OverflowDropOldest
	OverflowLatest
)

// Limits bounds what one client can cost; see limits.go for the defaults.
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

// reserved prefixes are proved in every dialect unless a rule names them:
// users of Pusher's libraries rely on their being private.
var reserved = []string{"private-", "presence-", "#server-to-user-"}

// Rule finds the rule that binds a topic. A claim in a rule's pattern stands
// for any text here: user.{uid} binds user.8 for everybody, so that no later,
// laxer rule opens it; whether it admits is Admits' to say.
func (e *Endpoint) Rule(topic string) TopicRule {
	prefix := reservedPrefix(topic)
	for _, r := range e.Topics {
		if prefix != "" && !strings.HasPrefix(r.Match.LiteralPrefix(), prefix) {
			continue // only a rule that names the prefix may open it
		}
		if r.Match.Covers(topic) {
			if prefix != "" && r.Subscribe == AccessDefault {
				r.Subscribe = AccessProof // it speaks of history or presence, not of who may hear
			}
			return r
		}
	}
	if prefix != "" {
		return TopicRule{Subscribe: AccessProof, Publish: AccessNobody}
	}
	return TopicRule{}
}

func reservedPrefix(topic string) string {
	for _, p := range reserved {
		if strings.HasPrefix(topic, p) {
			return p
		}
	}
	return ""
}

// MaxTopicBytes bounds a topic's name.
const MaxTopicBytes = 200

// CheckTopic refuses names that are empty, too long, not UTF-8 or hold control
// characters.
func CheckTopic(topic string) error {
	switch {
	case topic == "":
		return Errorf(CodeBadRequest, "topic is missing or empty")
	case len(topic) > MaxTopicBytes:
		return Errorf(CodeBadRequest, "topic has %d bytes, the limit is %d", len(topic), MaxTopicBytes)
	case !utf8.ValidString(topic):
		return Errorf(CodeBadRequest, "topic is not valid UTF-8")
	}
	for _, r := range topic {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return Errorf(CodeBadRequest, "topic holds the control character U+%04X", r)
		}
	}
	return nil
}

// ReplayWindow is how far a request's timestamp may lie from the server's
// clock, either way.
const ReplayWindow = 60 * time.Second
