package auth

import (
	"crypto/hmac"
	"encoding/hex"

	"github.com/driplet/driplet/core"
)

// HeaderSignature carries the signature of a request to the HTTP API, of
// version 1 (hex) or version 2 ("v2=" and hex).
const HeaderSignature = "X-Driplet-Signature"

// SignBody is the version 1 signature of a request: lower-case hex
// HMAC-SHA256 of the exact body bytes with the secret itself.
func SignBody(secret string, body []byte) string {
	return hex.EncodeToString(mac([]byte(secret), body))
}

// VerifyBody checks a version 1 signature with each key in turn and returns
// the id of the credential that made it. The error is a *core.Error for the
// caller of the API: unauthorized, with the reason signature_missing or
// signature_mismatch. endpoint is the name that the text shows.
func VerifyBody(endpoint string, keys []core.Credential, signature string, body []byte) (credential string, err error) {
	if signature == "" {
		return "", missing("hex HMAC-SHA256 of the body, made with the APISecret of endpoint '%s'", endpoint)
	}
	sum, ok := decodeHexMAC(signature)
	if !ok {
		return "", refuse(core.ReasonSignatureMismatch, "%s has %d characters and is not 64 hex digits: send hex HMAC-SHA256 of the body",
			HeaderSignature, len(signature))
	}
	for _, k := range keys {
		if k.Secret == "" {
			continue // everybody can sign with an empty key
		}
		if hmac.Equal(mac([]byte(k.Secret), body), sum[:]) {
			return k.ID, nil
		}
	}
	return "", refuse(core.ReasonSignatureMismatch, "%s does not match the %d body bytes received: sign the exact bytes sent; is this the secret of endpoint '%s'?",
		HeaderSignature, len(body), endpoint)
}

func missing(format string, args ...any) error {
	return refuse(core.ReasonSignatureMissing, "the header "+HeaderSignature+" is missing: send "+format, args...)
}

func refuse(reason, format string, args ...any) error {
	return core.Errorf(core.CodeUnauthorized, format, args...).WithReason(reason)
}
