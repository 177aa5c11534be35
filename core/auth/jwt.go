package auth

import (
	"errors"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/driplet/driplet/core"
)

// payload keeps a token's claims as they came: nothing in them is read before
// the signature is checked. The embedded map only makes it a jwt.Claims.
type payload struct {
	jwt.MapClaims
	raw []byte
}

// UnmarshalJSON copies.
func (p *payload) UnmarshalJSON(raw []byte) error {
	p.raw = append(p.raw[:0], raw...)
	return nil
}

// verifySignature returns the payload of a token and the secret that signed it.
func verifySignature(ep *core.Endpoint, token string) (raw []byte, secret string, err error) {
	var p payload
	t, _, err := jwt.NewParser().ParseUnverified(token, &p)
	if errors.Is(err, jwt.ErrTokenUnverifiable) {
		return nil, "", wrongAlgorithm(t)
	}
	if err != nil {
		return nil, "", core.Errorf(core.CodeUnauthorized, "the token is malformed: it must be three parts of base64url, header.payload.signature")
	}
	// By the method's type, not its name: an RSA public key must never serve
	// as an HMAC secret.
	method, ok := t.Method.(*jwt.SigningMethodHMAC)
	if !ok {
		return nil, "", wrongAlgorithm(t)
	}
	// RFC 7515, 4.1.11: what is critical and not understood must be refused,
	// and this server understands no extension.
	if _, ok := t.Header["crit"]; ok {
		return nil, "", core.Errorf(core.CodeUnauthorized, "the token's header has crit, which is not supported")
	}
	text := token[:strings.LastIndexByte(token, '.')]
	kid, _ := t.Header["kid"].(string)
	for _, k := range candidates(ep.JWTKeys, kid) {
		if k.Secret != "" && method.Verify(text, t.Signature, []byte(k.Secret)) == nil {
			return p.raw, k.Secret, nil
		}
	}
	return nil, "", core.Errorf(core.CodeUnauthorized, "the token's signature does not match: was it signed with the JWTSecret of endpoint '%s'?", ep.Name)
}

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
