package callback

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// Headers of a callback. They are those of a version 2 signed request of a
// backend, the other way round.
const (
	HeaderTimestamp = "X-Driplet-Timestamp" // unix seconds, decimal
	HeaderNonce     = "X-Driplet-Nonce"     // another for every request
	HeaderKey       = "X-Driplet-Key"       // id of the credential that signed
	HeaderSignature = "X-Driplet-Signature" // "v2=" and 64 hex digits
)

// Key signs an endpoint's requests of one purpose.
type Key struct {
	ID     string // of the credential
	Secret []byte // 32 bytes, derived from the credential's secret for the purpose: "callback" for callbacks
}

// Sign is the signature of a request, with its v2=: HMAC-SHA256 over six lines,
// see README.md. uri is path and query exactly as in the request line.
func Sign(secret []byte, method, uri, timestamp, nonce string, body []byte) string {
	sum := sha256.Sum256(body)
	text := make([]byte, 0, 256)
	for _, line := range [...]string{"v2", method, uri, timestamp, nonce} {
		text = append(append(text, line...), '\n')
	}
	h := hmac.New(sha256.New, secret)
	h.Write(hex.AppendEncode(text, sum[:]))
	return "v2=" + hex.EncodeToString(h.Sum(nil))
}

// Sign adds the four headers to a request with that body.
func (k Key) Sign(r *http.Request, body []byte, now time.Time) {
	var random [16]byte
	rand.Read(random[:]) // never fails since Go 1.24
	nonce := base64.RawURLEncoding.EncodeToString(random[:])
	timestamp := strconv.FormatInt(now.Unix(), 10)
	r.Header.Set(HeaderTimestamp, timestamp)
	r.Header.Set(HeaderNonce, nonce)
	r.Header.Set(HeaderKey, k.ID)
	r.Header.Set(HeaderSignature, Sign(k.Secret, r.Method, r.URL.RequestURI(), timestamp, nonce, body))
}
