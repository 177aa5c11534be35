package core

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// NewSessionID draws 128 random bits, as 22 characters of base64url.
func NewSessionID() SessionID {
	var b [16]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return SessionID(base64.RawURLEncoding.EncodeToString(b[:]))
}

// PublicID is the name under which others see a connection: its user, or for
// an anonymous one a digest of its session, which gives the session not away.
func PublicID(user string, s SessionID) string {
	if user != "" {
		return user
	}
	sum := sha256.Sum256([]byte(s))
	return "~" + base64.RawURLEncoding.EncodeToString(sum[:9])
}
