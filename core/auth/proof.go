package auth

import (
	"crypto/hmac"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
)

// maxProofAge bounds how far ahead a proof may expire: a topic that a backend
// closes to somebody is closed after this time at the latest.
const maxProofAge = 24 * time.Hour

// MakeProof says that a user may subscribe to a topic until expires, in unix
// seconds. The form is expires, a dot, and the unpadded base64url HMAC-SHA256
// of "driplet-proof-1", endpoint, user, topic and expires, a line each, with
// the key derived from secret for PurposeProof. user is empty for anonymous.
func MakeProof(secret, endpoint, user, topic string, expires int64) string {
	exp := strconv.FormatInt(expires, 10)
	return exp + "." + base64.RawURLEncoding.EncodeToString(proofMAC(secret, endpoint, user, topic, exp))
}

func proofMAC(secret, endpoint, user, topic, exp string) []byte {
	text := strings.Join([]string{"driplet-proof-1", endpoint, user, topic, exp}, "\n")
	return mac(Derive(secret, PurposeProof), []byte(text))
}

// VerifyProof checks a proof with each key in turn, and returns when it
// expires, in unix seconds. The error is a *core.Error: forbidden, or expired.
func VerifyProof(keys []core.Credential, endpoint, user, topic, proof string, now time.Time) (expires int64, err error) {
	if proof == "" {
		return 0, core.Errorf(core.CodeForbidden, "topic '%s' needs a proof: ask your backend for one", topic)
	}
	exp, tag, _ := strings.Cut(proof, ".")
	expires, parseErr := strconv.ParseInt(exp, 10, 64)
	sum, decodeErr := base64.RawURLEncoding.Strict().DecodeString(tag)
	if parseErr != nil || decodeErr != nil || strconv.FormatInt(expires, 10) != exp {
		return 0, core.Errorf(core.CodeForbidden, "the proof is malformed: it is unix seconds, a dot, and base64url without padding")
	}
	for _, k := range keys {
		if k.Secret == "" || !hmac.Equal(proofMAC(k.Secret, endpoint, user, topic, exp), sum) {
			continue
		}
		switch left := expires - now.Unix(); {
		case left <= 0:
			return 0, core.Errorf(core.CodeExpired, "the proof for topic '%s' expired %d s ago: ask your backend for a new one", topic, -left)
		case left > int64(maxProofAge/time.Second):
			return 0, core.Errorf(core.CodeForbidden, "the proof for topic '%s' is good for %d s, the limit is %d", topic, left, int64(maxProofAge/time.Second))
		}
		return expires, nil
	}
	return 0, core.Errorf(core.CodeForbidden, "the proof does not match endpoint '%s', this user and topic '%s'", endpoint, topic)
}
