package core

import "time"

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
