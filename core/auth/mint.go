package auth

import (
	"github.com/golang-jwt/jwt/v5"

	"github.com/driplet/driplet/core"
)

// Mint makes a token with these claims, signed HS256 with secret: exp and nbf
// in unix seconds, sub, topics, publish, custom. It adds nothing; a token
// without exp never expires. It fails on an empty secret, on claims that are
// not JSON, and on a token that no server would take.
func Mint(secret string, claims map[string]any) (string, error) {
	if secret == "" {
		return "", core.Errorf(core.CodeBadRequest, "cannot sign a token with an empty secret")
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims(claims)).SignedString([]byte(secret))
	if err != nil {
		return "", core.Errorf(core.CodeBadRequest, "the claims cannot be written as JSON: %v", err)
	}
	if len(token) > core.MaxTokenBytes {
		return "", core.Errorf(core.CodeTooLarge, "the token would have %d bytes, the limit is %d", len(token), core.MaxTokenBytes)
	}
	return token, nil
}
