package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
)

// Headers of a version 2 signed request.
const (
	HeaderTimestamp = "X-Driplet-Timestamp" // unix seconds, decimal
	HeaderNonce     = "X-Driplet-Nonce"     // 1 to MaxNonceBytes bytes, never sent twice
	HeaderKey       = "X-Driplet-Key"       // id of a credential; absent: the endpoint's own
)

// MaxNonceBytes bounds a nonce: it is hashed and remembered for two minutes.
const MaxNonceBytes = 128

// signaturePrefix tells a version 2 signature from one of version 1.
const signaturePrefix = "v2="

// Request is what a version 2 signature covers, and the signature.
type Request struct {
	Method    string // upper case
	URI       string // path and query exactly as in the request line
	Timestamp string // the header's text
	Nonce     string
	Key       string // may be empty
	Signature string // with its v2=
	Body      []byte
}

// ReadRequest collects a request's headers; header looks one up by name, as
// http.Header.Get does.
func ReadRequest(method, uri string, header func(name string) string, body []byte) Request {
	return Request{
		Method: method, URI: uri, Body: body,
		Timestamp: header(HeaderTimestamp), Nonce: header(HeaderNonce),
		Key: header(HeaderKey), Signature: header(HeaderSignature),
	}
}

// IsRequestSignature reports whether the header X-Driplet-Signature holds a
// version 2 signature, so that VerifyRequest and not VerifyBody must check it.
func IsRequestSignature(signature string) bool { return strings.HasPrefix(signature, signaturePrefix) }

// SignRequest is the version 2 signature of r, with its v2=. It reads all of r
// but Key and Signature. The key is derived from secret for PurposeAPI.
func SignRequest(secret string, r Request) string {
	return signaturePrefix + hex.EncodeToString(requestMAC(secret, &r))
}

func requestMAC(secret string, r *Request) []byte {
	sum := sha256.Sum256(r.Body)
	text := make([]byte, 0, 256)
	for _, line := range [...]string{"v2", r.Method, r.URI, r.Timestamp, r.Nonce} {
		text = append(append(text, line...), '\n')
	}
	return mac(Derive(secret, PurposeAPI), hex.AppendEncode(text, sum[:]))
}

// VerifyRequest checks a version 2 signed request and its timestamp. It
// returns the id of the credential that signed and the timestamp in unix
// seconds; the caller then spends the nonce with both. The error is a
// *core.Error: unauthorized with the reason signature_missing,
// signature_mismatch or clock_skew. endpoint is the name that texts show.
func VerifyRequest(endpoint string, keys []core.Credential, r Request, now time.Time) (credential string, timestamp int64, err error) {
	if r.Signature == "" {
		return "", 0, missing("v2= and the hex HMAC-SHA256 of the request, made with a secret of endpoint '%s'", endpoint)
	}
	if r.Timestamp == "" || r.Nonce == "" {
		return "", 0, refuse(core.ReasonSignatureMissing, "a v2 signature needs the headers %s and %s", HeaderTimestamp, HeaderNonce)
	}
	sum, ok := decodeHexMAC(strings.TrimPrefix(r.Signature, signaturePrefix))
	if !ok || !IsRequestSignature(r.Signature) {
		return "", 0, refuse(core.ReasonSignatureMismatch, "%s is not v2= and 64 hex digits", HeaderSignature)
	}
	// One spelling of each line, and no line break within one.
	timestamp, parseErr := strconv.ParseInt(r.Timestamp, 10, 64)
	if parseErr != nil || strconv.FormatInt(timestamp, 10) != r.Timestamp {
		return "", 0, refuse(core.ReasonSignatureMismatch, "%s must be unix seconds in decimal", HeaderTimestamp)
	}
	if len(r.Nonce) > MaxNonceBytes || hasControl(r.Nonce) || hasControl(r.URI) || hasControl(r.Method) {
		return "", 0, refuse(core.ReasonSignatureMismatch, "%s must have 1 to %d bytes without control characters", HeaderNonce, MaxNonceBytes)
	}
	known := false
	for _, k := range keys {
		if k.Secret == "" || r.Key != "" && k.ID != r.Key {
			continue // everybody can sign with an empty secret
		}
		known = true
		if hmac.Equal(requestMAC(k.Secret, &r), sum[:]) {
			// Only who holds the secret is told what the server's clock shows.
			if err := CheckTimestamp(timestamp, now); err != nil {
				return "", 0, err
			}
			return k.ID, timestamp, nil
		}
	}
	if !known {
		return "", 0, refuse(core.ReasonSignatureMismatch, "endpoint '%s' has no key %.40q: see %s", endpoint, r.Key, HeaderKey)
	}
	return "", 0, refuse(core.ReasonSignatureMismatch,
		"%s does not match %.10s %.200s and the %d body bytes received: sign the exact path, query and bytes sent; is this the secret of endpoint '%s'?",
		HeaderSignature, r.Method, r.URI, len(r.Body), endpoint)
}

func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			return true
		}
	}
	return false
}
