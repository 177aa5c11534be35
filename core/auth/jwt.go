package auth

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/driplet/driplet/core"
)

// header is what a token's header says. Of an issuer it is always the same.
type header struct {
	method *jwt.SigningMethodHMAC
	kid    string
}

// verifySignature returns the payload of a token and the secret that signed it.
// Nothing of the payload is read before.
func (t *Tokens) verifySignature(ep *core.Endpoint, token string) (payload []byte, secret string, err error) {
	head, rest, _ := strings.Cut(token, ".")
	body, signature, ok := strings.Cut(rest, ".")
	if !ok || strings.Contains(signature, ".") {
		return nil, "", malformed()
	}
	h, known := t.headers.Get(head)
	if !known {
		if h, err = readHeader(token); err != nil {
			return nil, "", err
		}
	}
	payload, err = base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return nil, "", malformed()
	}
	sig, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		return nil, "", malformed()
	}
	text := token[:len(head)+1+len(body)]
	for _, k := range candidates(ep.JWTKeys, h.kid) {
		if k.Secret != "" && t.macs.verify(h.method, text, sig, k.Secret) {
			if !known {
				t.headers.Add(strings.Clone(head), h)
			}
			return payload, k.Secret, nil
		}
	}
	return nil, "", core.Errorf(core.CodeUnauthorized, "the token's signature does not match: was it signed with the JWTSecret of endpoint '%s'?", ep.Name)
}

func malformed() error {
	return core.Errorf(core.CodeUnauthorized, "the token is malformed: it must be three parts of base64url, header.payload.signature")
}

// readHeader judges the header of a token, by the library.
func readHeader(token string) (h header, err error) {
	t, _, err := jwt.NewParser().ParseUnverified(token, &unread{})
	if errors.Is(err, jwt.ErrTokenUnverifiable) {
		return h, wrongAlgorithm(t)
	}
	if err != nil {
		return h, malformed()
	}
	// By the method's type, not its name: an RSA public key must never serve
	// as an HMAC secret.
	method, ok := t.Method.(*jwt.SigningMethodHMAC)
	if !ok {
		return h, wrongAlgorithm(t)
	}
	// RFC 7515, 4.1.11: what is critical and not understood must be refused,
	// and this server understands no extension.
	if _, ok := t.Header["crit"]; ok {
		return h, core.Errorf(core.CodeUnauthorized, "the token's header has crit, which is not supported")
	}
	kid, _ := t.Header["kid"].(string)
	return header{method, kid}, nil
}

// unread is a jwt.Claims that looks at nothing: readClaims does, later.
type unread struct{ jwt.MapClaims }

// UnmarshalJSON takes anything.
func (*unread) UnmarshalJSON([]byte) error { return nil }

// candidates are the key that kid names, or all: current, then previous.
func candidates(keys []core.Credential, kid string) []core.Credential {
	for i := range keys {
		if kid != "" && keys[i].ID == kid {
			return keys[i : i+1]
		}
	}
	return keys
}

func wrongAlgorithm(t *jwt.Token) error {
	alg, _ := t.Header["alg"].(string)
	return core.Errorf(core.CodeUnauthorized, "the token's alg is %.20q: sign it with HS256, HS384 or HS512", alg)
}
