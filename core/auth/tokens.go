package auth

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/driplet/driplet/core"
)

// Tokens verifies clients' JSON Web Tokens (RFC 7519) and remembers those that
// it found good: one seen again costs a tenth of a new one. What it refuses it
// does not remember: a flood of bad tokens pushes no good one out. Safe for many
// goroutines.
type Tokens struct {
	cache   *lru.Cache[tokenKey, verified]
	headers *lru.Cache[string, header]
	macs    macs
}

// maxHeaders bounds the headers that are kept: issuers write one each.
const maxHeaders = 64

// tokenKey digests a token and the endpoint that it is for: a name, a
// generation and a claim's name, which would take more room than the digest.
type tokenKey [sha256.Size]byte

func keyOf(ep *core.Endpoint, token string) tokenKey {
	var room [1 << 10]byte // most tokens fit
	b := append(room[:0], ep.Name...)
	b = append(b, 0)
	b = append(b, ep.UserClaim...)
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint64(b, ep.Generation)
	return sha256.Sum256(append(b, token...))
}

// verified remembers the secret as well, so that a token dies with its key even
// if an endpoint of the same name and generation was made anew.
type verified struct {
	claims *core.Claims
	secret string
}

// NewTokens makes a verifier that remembers up to size tokens, one at least. The
// claims of a usual token take about 1 KB.
func NewTokens(size int) *Tokens {
	cache, err := lru.New[tokenKey, verified](size)
	if err != nil {
		panic("auth: " + err.Error()) // only for a size below one
	}
	headers, err := lru.New[string, header](maxHeaders)
	if err != nil {
		panic("auth: " + err.Error())
	}
	return &Tokens{cache: cache, headers: headers, macs: newMACs()}
}

// Verify returns the claims of a token that one of ep's JWTKeys signed with
// HS256, HS384 or HS512; a kid that names one of them picks it. The claims are
// shared: they must not be changed. The error is a *core.Error whose text says
// what to mend: expired, and unauthorized for everything else.
func (t *Tokens) Verify(ep *core.Endpoint, token string, now time.Time) (*core.Claims, error) {
	if token == "" {
		return nil, core.Errorf(core.CodeUnauthorized, "the token is missing: connect with ?token= or the subprotocol bearer.<token>")
	}
	if len(token) > core.MaxTokenBytes {
		return nil, core.Errorf(core.CodeUnauthorized, "the token has %d bytes, the limit is %d", len(token), core.MaxTokenBytes)
	}
	key := keyOf(ep, token)
	if v, ok := t.cache.Get(key); ok && hasSecret(ep.JWTKeys, v.secret) {
		if err := checkExpiry(v.claims.Expires, now); err != nil {
			t.cache.Remove(key)
			return nil, err
		}
		return v.claims, nil
	}
	payload, secret, err := t.verifySignature(ep, token)
	if err != nil {
		return nil, err
	}
	claims, err := readClaims(payload, ep.UserClaim, now)
	if err != nil {
		return nil, err
	}
	t.cache.Add(key, verified{claims: claims, secret: secret})
	return claims, nil
}

func hasSecret(keys []core.Credential, secret string) bool {
	for _, k := range keys {
		if k.Secret == secret {
			return true
		}
	}
	return false
}

// checkExpiry refuses from the second of exp on, without leeway; zero never
// expires.
func checkExpiry(expires int64, now time.Time) error {
	if late := now.Unix() - expires; expires != 0 && late >= 0 {
		return expired(late)
	}
	return nil
}

func expired(late int64) error {
	return core.Errorf(core.CodeExpired, "the token expired %d s ago: fetch a new one", late)
}
