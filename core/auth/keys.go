// Package auth checks who somebody is: JSON Web Tokens of clients, signatures
// of backends, and proofs that a backend gives a client for one topic. It also
// makes each of them, for the command line, the demo and tests.
//
// Clients: Tokens.Verify. Backends: VerifyBody for version 1, VerifyRequest for
// version 2. Derive makes each purpose's key of one secret.
//
// It is the only package that imports a JWT library. It keeps no clock: every
// check is given the time. Spending a nonce is the engine's part.
package auth

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Purposes of derived keys. One secret serves them all, yet a signature made
// for one purpose is worthless for another.
const (
	PurposeAPI      = "api"
	PurposeProof    = "proof"
	PurposeCallback = "callback"
	PurposePlugin   = "plugin"
)

// Derive makes the 32-byte key of one purpose from a credential's secret:
// HKDF-SHA256 (RFC 5869), empty salt, info "driplet/" + purpose.
func Derive(secret, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "driplet/"+purpose, sha256.Size)
	if err != nil {
		// Only for lengths over 255 hashes, or in Go's FIPS-only mode.
		panic("auth: HKDF-SHA256 is not available: " + err.Error())
	}
	return key
}

// NewSecret draws 32 random bytes, as 43 characters of base64url.
func NewSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// publishedPrefix begins every default secret that the first Driplet server
// wrote into its configuration, such as change-this-api-secret.
const publishedPrefix = "change-this-"

// IsPublished reports whether a secret is a default that everybody can read.
func IsPublished(secret string) bool { return strings.HasPrefix(secret, publishedPrefix) }

// mac is HMAC-SHA256 (RFC 2104) over the parts in turn.
func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// decodeHexMAC reads 64 hex digits, either letter case.
func decodeHexMAC(text string) (sum [sha256.Size]byte, ok bool) {
	if len(text) != hex.EncodedLen(len(sum)) {
		return sum, false
	}
	_, err := hex.Decode(sum[:], []byte(text))
	return sum, err == nil
}
