package auth

import (
	"encoding/base64"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func wantReason(t *testing.T, err error, reason, text string) {
	t.Helper()
	wantCode(t, err, core.CodeUnauthorized, text)
	if got := core.AsError(err).Reason; got != reason {
		t.Fatalf("reason %q, want %q", got, reason)
	}
}

func TestVerifyBody(t *testing.T) {
	keys := []core.Credential{{ID: "2", Secret: "new"}, {ID: "1", Secret: "old"}}
	body := []byte(strings.Repeat("x", 214))
	for i, k := range keys {
		for _, signature := range []string{SignBody(k.Secret, body), strings.ToUpper(SignBody(k.Secret, body))} {
			if id, err := VerifyBody("default", keys, signature, body); err != nil || id != k.ID {
				t.Errorf("key %d: %q, %v", i, id, err)
			}
		}
	}
	_, err := VerifyBody("default", keys, "", body)
	wantReason(t, err, core.ReasonSignatureMissing, "X-Driplet-Signature is missing")
	_, err = VerifyBody("default", keys, SignBody("other", body), body)
	wantReason(t, err, core.ReasonSignatureMismatch, "does not match the 214 body bytes received: sign the exact bytes sent; is this the secret of endpoint 'default'?")
	for _, junk := range []string{"x", strings.Repeat("g", 64), strings.Repeat("0", 63), strings.Repeat("0", 65), "v2=" + strings.Repeat("0", 64)} {
		_, err = VerifyBody("default", keys, junk, body)
		wantReason(t, err, core.ReasonSignatureMismatch, "not 64 hex digits")
	}
	_, err = VerifyBody("default", []core.Credential{{}}, SignBody("", body), body)
	wantReason(t, err, core.ReasonSignatureMismatch, "does not match")
}

func TestCheckTimestamp(t *testing.T) {
	now := testNow.Add(900 * time.Millisecond)
	for _, fine := range []int64{-60, -1, 0, 60} {
		if err := CheckTimestamp(testNow.Unix()+fine, now); err != nil {
			t.Errorf("%d: %v", fine, err)
		}
	}
	for unix, text := range map[int64]string{
		testNow.Unix() - 340: "timestamp is 340 s behind this server: synchronise clocks",
		testNow.Unix() - 61:  "61 s behind",
		testNow.Unix() + 61:  "61 s ahead of this server: synchronise clocks",
		0:                    "1700000000 s behind",
		1700000000000:        "send unix seconds",
		math.MinInt64:        "send unix seconds",
		math.MaxInt64:        "send unix seconds",
	} {
		wantReason(t, CheckTimestamp(unix, now), core.ReasonClockSkew, text)
	}
}

func TestVerifyRequest(t *testing.T) {
	keys := []core.Credential{{ID: "2", Secret: "new"}, {ID: "1", Secret: "old"}}
	good := Request{Method: "POST", URI: "/api/default/messages?x=1", Timestamp: "1700000000", Nonce: "n", Body: []byte(`{"messages":[]}`)}
	good.Signature = SignRequest("old", good)
	id, unix, err := VerifyRequest("default", keys, good, testNow)
	if err != nil || id != "1" || unix != 1700000000 {
		t.Fatal(id, unix, err)
	}
	good.Key = "1"
	if _, _, err := VerifyRequest("default", keys, good, testNow); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change       func(*Request)
		reason, text string
	}{
		"no signature":   {func(r *Request) { r.Signature = "" }, core.ReasonSignatureMissing, "is missing"},
		"no timestamp":   {func(r *Request) { r.Timestamp = "" }, core.ReasonSignatureMissing, HeaderTimestamp},
		"no nonce":       {func(r *Request) { r.Nonce = "" }, core.ReasonSignatureMissing, HeaderNonce},
		"version 1":      {func(r *Request) { r.Signature = r.Signature[3:] }, core.ReasonSignatureMismatch, "not v2="},
		"short":          {func(r *Request) { r.Signature = "v2=00" }, core.ReasonSignatureMismatch, "not v2="},
		"signed time":    {func(r *Request) { r.Timestamp = "+1700000000" }, core.ReasonSignatureMismatch, "decimal"},
		"time not int":   {func(r *Request) { r.Timestamp = "1700000000.0" }, core.ReasonSignatureMismatch, "decimal"},
		"long nonce":     {func(r *Request) { r.Nonce = strings.Repeat("n", 129) }, core.ReasonSignatureMismatch, "128 bytes"},
		"line in nonce":  {func(r *Request) { r.Nonce = "a\nb" }, core.ReasonSignatureMismatch, "control characters"},
		"other method":   {func(r *Request) { r.Method = "PUT" }, core.ReasonSignatureMismatch, "15 body bytes"},
		"other path":     {func(r *Request) { r.URI = "/api/other/messages?x=1" }, core.ReasonSignatureMismatch, "/api/other/messages"},
		"other query":    {func(r *Request) { r.URI = "/api/default/messages?x=2" }, core.ReasonSignatureMismatch, "does not match"},
		"other time":     {func(r *Request) { r.Timestamp = "1700000001" }, core.ReasonSignatureMismatch, "does not match"},
		"other nonce":    {func(r *Request) { r.Nonce = "m" }, core.ReasonSignatureMismatch, "does not match"},
		"other body":     {func(r *Request) { r.Body = []byte("{}") }, core.ReasonSignatureMismatch, "2 body bytes"},
		"other key":      {func(r *Request) { r.Key = "2" }, core.ReasonSignatureMismatch, "does not match"},
		"unknown key":    {func(r *Request) { r.Key = "9" }, core.ReasonSignatureMismatch, `has no key "9"`},
		"stale":          {func(r *Request) { r.Timestamp = "1699999000"; r.Signature = SignRequest("old", *r) }, core.ReasonClockSkew, "1000 s behind"},
		"the body's way": {func(r *Request) { r.Signature = "v2=" + SignBody("old", r.Body) }, core.ReasonSignatureMismatch, "does not match"},
	} {
		t.Run(name, func(t *testing.T) {
			r := good
			c.change(&r)
			id, unix, err := VerifyRequest("default", keys, r, testNow)
			wantReason(t, err, c.reason, c.text)
			if id != "" || unix != 0 {
				t.Error("a refusal names a credential")
			}
		})
	}
	r := good
	r.Signature = SignRequest("", r)
	_, _, err = VerifyRequest("default", []core.Credential{{ID: "1"}}, r, testNow)
	wantReason(t, err, core.ReasonSignatureMismatch, "has no key")
}

func TestReadRequest(t *testing.T) {
	h := http.Header{}
	h.Set("x-driplet-timestamp", "1")
	h.Set("x-driplet-nonce", "2")
	h.Set("x-driplet-key", "3")
	h.Set("x-driplet-signature", "v2=4")
	r := ReadRequest("GET", "/a?b", h.Get, []byte("5"))
	if r.Method != "GET" || r.URI != "/a?b" || r.Timestamp != "1" || r.Nonce != "2" || r.Key != "3" || r.Signature != "v2=4" || string(r.Body) != "5" {
		t.Errorf("%+v", r)
	}
	if !IsRequestSignature("v2=00") || IsRequestSignature(SignBody("a", nil)) {
		t.Error("the signature's version")
	}
}

func TestProof(t *testing.T) {
	keys := []core.Credential{{Secret: "new"}, {Secret: "old"}, {}}
	now := testNow.Unix()
	proof := MakeProof("old", "default", "7", "private-a", now+60)
	if expires, err := VerifyProof(keys, "default", "7", "private-a", proof, testNow); err != nil || expires != now+60 {
		t.Fatal(expires, err)
	}
	verify := func(endpoint, user, topic, proof string) error {
		_, err := VerifyProof(keys, endpoint, user, topic, proof, testNow)
		return err
	}
	wantCode(t, verify("other", "7", "private-a", proof), core.CodeForbidden, "does not match")
	wantCode(t, verify("default", "8", "private-a", proof), core.CodeForbidden, "does not match")
	wantCode(t, verify("default", "", "private-a", proof), core.CodeForbidden, "does not match")
	wantCode(t, verify("default", "7", "private-b", proof), core.CodeForbidden, "does not match")
	wantCode(t, verify("default", "7", "private-a", "9"+proof), core.CodeForbidden, "does not match")
	wantCode(t, verify("default", "7", "private-a", ""), core.CodeForbidden, "needs a proof")
	for _, junk := range []string{"x", "1.", "+" + proof, "0" + proof, proof + "=", ".", "1.!"} {
		if junk == "1." {
			wantCode(t, verify("default", "7", "private-a", junk), core.CodeForbidden, "does not match")
			continue
		}
		wantCode(t, verify("default", "7", "private-a", junk), core.CodeForbidden, "malformed")
	}
	wantCode(t, verify("default", "7", "a", MakeProof("new", "default", "7", "a", now)), core.CodeExpired, "expired 0 s ago")
	wantCode(t, verify("default", "7", "a", MakeProof("new", "default", "7", "a", now+86401)), core.CodeForbidden, "the limit is 86400")
	wantCode(t, verify("default", "7", "a", MakeProof("new", "default", "7", "a", math.MinInt64)), core.CodeForbidden, "the limit is")
	wantCode(t, verify("default", "7", "a", MakeProof("", "default", "7", "a", now+60)), core.CodeForbidden, "does not match")
}

func TestSecretsAndMint(t *testing.T) {
	a, b := NewSecret(), NewSecret()
	if raw, err := base64.RawURLEncoding.DecodeString(a); err != nil || len(raw) != 32 || a == b {
		t.Errorf("%q, %q: %v", a, b, err)
	}
	for secret, want := range map[string]bool{"change-this-api-secret": true, "change-this-jwt-secret": true, "change-this-": true, a: false, "": false} {
		if IsPublished(secret) != want {
			t.Errorf("IsPublished(%q) = %v", secret, !want)
		}
	}
	_, err := Mint("", nil)
	wantCode(t, err, core.CodeBadRequest, "empty secret")
	_, err = Mint("a", map[string]any{"custom": func() {}})
	wantCode(t, err, core.CodeBadRequest, "JSON")
	_, err = Mint("a", map[string]any{"sub": strings.Repeat("x", core.MaxTokenBytes)})
	wantCode(t, err, core.CodeTooLarge, "the limit is 16384")
}

func FuzzVerifyRequest(f *testing.F) {
	f.Add("POST", "/api/default/message", "1700000000", "n", "", "v2="+strings.Repeat("0", 64), []byte("{}"))
	f.Fuzz(func(t *testing.T, method, uri, timestamp, nonce, key, signature string, body []byte) {
		r := Request{Method: method, URI: uri, Timestamp: timestamp, Nonce: nonce, Key: key, Signature: signature, Body: body}
		if id, _, err := VerifyRequest("default", []core.Credential{{ID: "k", Secret: "unguessable"}}, r, testNow); err == nil || id != "" {
			t.Fatalf("%+v was taken", r)
		}
	})
}

func BenchmarkVerifyBody(b *testing.B) {
	keys, body := []core.Credential{{Secret: "a"}}, []byte(strings.Repeat("x", 300))
	signature := SignBody("a", body)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := VerifyBody("default", keys, signature, body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyRequest(b *testing.B) {
	keys := []core.Credential{{Secret: "a"}}
	r := Request{Method: "POST", URI: "/api/default/message", Timestamp: "1700000000", Nonce: "n", Body: []byte(strings.Repeat("x", 300))}
	r.Signature = SignRequest("a", r)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := VerifyRequest("default", keys, r, testNow); err != nil {
			b.Fatal(err)
		}
	}
}
