package core

import "strings"

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
