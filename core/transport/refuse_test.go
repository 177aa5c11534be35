package transport_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
)

func part(v any) string {
	b, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(b)
}

// hs256 is a token whose header and payload are whatever they are.
func hs256(secret string, header, payload any) string {
	text := part(header) + "." + part(payload)
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func badTokens(t *testing.T) map[string]struct{ token, code, text string } {
	alg := map[string]any{"alg": "HS256", "typ": "JWT"}
	soon := time.Now().Add(time.Hour).Unix()
	claims := map[string]any{"exp": soon, "custom": map[string]any{"uid": 1}}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	rs := part(map[string]any{"alg": "RS256"}) + "." + part(claims)
	digest := sha256.Sum256([]byte(rs))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	const secret = testkit.JWTSecret
	return map[string]struct{ token, code, text string }{
		"missing":           {"", "unauthorized", "missing"},
		"junk":              {"x", "unauthorized", "malformed"},
		"another secret":    {hs256("another", alg, claims), "unauthorized", "does not match"},
		"expired":           {hs256(secret, alg, map[string]any{"exp": 1700000000}), "expired", "expired"},
		"expires now":       {hs256(secret, alg, map[string]any{"exp": time.Now().Unix()}), "expired", "expired"},
		"not yet":           {hs256(secret, alg, map[string]any{"exp": soon, "nbf": soon}), "unauthorized", "nbf"},
		"alg none":          {part(map[string]any{"alg": "none"}) + "." + part(claims) + ".", "unauthorized", "none"},
		"alg None, signed":  {hs256(secret, map[string]any{"alg": "None"}, claims), "unauthorized", "None"},
		"RS256":             {rs + "." + base64.RawURLEncoding.EncodeToString(signature), "unauthorized", "RS256"},
		"RS256, HS-signed":  {hs256(secret, map[string]any{"alg": "RS256"}, claims), "unauthorized", "RS256"},
		"HS with a PEM key": {hs256(public, alg, claims), "unauthorized", "does not match"},
		"exp as a string":   {hs256(secret, alg, map[string]any{"exp": fmt.Sprint(soon)}), "unauthorized", "exp"},
		"exp as a list":     {hs256(secret, alg, map[string]any{"exp": []int64{soon}}), "unauthorized", "exp"},
		"unknown crit":      {hs256(secret, map[string]any{"alg": "HS256", "crit": []string{"x"}, "x": 1}, claims), "unauthorized", "crit"},
		"payload no object": {hs256(secret, alg, []int{1}), "unauthorized", "object"},
		"64 KB long":        {hs256(secret, alg, map[string]any{"exp": soon, "pad": strings.Repeat("x", 48000)}), "unauthorized", "limit is 16384"},
	}
}

func TestBadTokens(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	for name, bad := range badTokens(t) {
		t.Run(name, func(t *testing.T) {
			s := s.In(t)
			// Version 1: before the upgrade.
			_, a := s.Request(testkit.Handshake("/ws/default?token=" + bad.token))
			if e := a.Error(); a.Status != 401 || e.Code != bad.code || !strings.Contains(e.Message, bad.text) {
				t.Errorf("version 1: %d %s", a.Status, a.Body)
			}
			// Version 2: one error, then the close code.
			for _, w := range []*testkit.Socket{
				s.Upgrade("/ws/default", "Sec-WebSocket-Protocol: driplet.v2, bearer."+bad.token),
				s.Upgrade("/ws/default?v=2&token=" + bad.token),
				s.Upgrade("/ws/default?v=2", "Authorization: Bearer "+bad.token),
			} {
				w.Say(subscribe) // is not done
				checkRefusal(t, w, 4006, bad.code, bad.text)
			}
		})
	}
	testkit.Until(t, "refusals are counted", func() bool { return s.Metric(`driplet_refused_total{code="unauthorized",endpoint="default"}`) >= 50 })
}

func checkRefusal(t *testing.T, w *testkit.Socket, closeCode uint16, code, text string) {
	t.Helper()
	before := w.WantClose(closeCode, "")
	if len(before) != 1 {
		t.Fatalf("before the close frame: %s", before)
	}
	var f struct {
		Type  string
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal(before[0].Payload, &f); err != nil || f.Type != "error" || f.Error.Code != code || !strings.Contains(f.Error.Message, text) {
		t.Errorf("refused with %s", before[0].Payload)
	}
}

func TestGoodTokens(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	token := s.User(7)
	for _, w := range []*testkit.Socket{
		s.Upgrade("/ws/default?v=2&token=" + token),
		s.Upgrade("/ws/Default?v=2", "Authorization: bearer "+token),
		s.Upgrade("/ws/DEFAULT", "Sec-WebSocket-Protocol: driplet.v2", "Sec-WebSocket-Protocol: bearer."+token),
		s.Upgrade("/ws/default", "Sec-WebSocket-Protocol: bearer."+token+",driplet.v2"),
		s.Upgrade("/ws/default?v=2&token="+token, "Authorization: Basic eDp5"),
	} {
		if f := w.Wait("welcome"); !strings.Contains(f, `"user":"7"`) {
			t.Error(f)
		}
	}
	_, a := s.Request(testkit.Handshake("/ws/default", "Authorization: Basic eDp5"))
	if e := a.Error(); a.Status != 401 || !strings.Contains(e.Message, "missing") {
		t.Errorf("another scheme: %d %s", a.Status, a.Body)
	}
	w, a := s.Request(testkit.Handshake("/ws/default", "Sec-WebSocket-Protocol: driplet.v2, bearer."+token))
	w.Close()
	if got := a.Header.Get("Sec-WebSocket-Protocol"); got != "driplet.v2" {
		t.Errorf("subprotocol %q", got)
	}
	if got := a.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" { // RFC 6455, 1.3
		t.Errorf("accept %q", got)
	}
}

func TestUnknownEndpoint(t *testing.T) {
	s := testkit.Start(t, testkit.Options{More: []*core.Endpoint{{Name: "new", JWTKeys: []core.Credential{{ID: "c", Secret: "other"}}, Limits: core.DefaultLimits, Version1: core.Version1Off}}})
	s.Witness()
	token := s.User(7)
	for _, name := range []string{"old", "%00", "..", strings.Repeat("x", 3000)} {
		_, a := s.Request(testkit.Handshake("/ws/" + name + "?token=" + token))
		if e := a.Error(); a.Status != 404 || e.Code != "not_found" {
			t.Errorf("version 1 to %.20s: %d %s", name, a.Status, a.Body)
		}
		if name != ".." {
			checkRefusal(t, s.Upgrade("/ws/"+name+"?v=2&token="+token), 4007, "not_found", "no endpoint")
		}
	}
	// Another endpoint's token is none, and its version 1 may be off.
	checkRefusal(t, s.Upgrade("/ws/new?v=2&token="+token), 4006, "unauthorized", "does not match")
	if _, a := s.Request(testkit.Handshake("/ws/new?token=" + token)); a.Status != 403 || !strings.Contains(a.Error().Message, "v=2") {
		t.Errorf("version 1 where it is off: %d %s", a.Status, a.Body)
	}
}

func TestOrigins(t *testing.T) {
	s := testkit.Start(t, testkit.Options{Endpoint: func(e *core.Endpoint) {
		e.AllowedOrigins = []string{"https://example.com", "http://localhost:8000/"}
	}})
	s.Witness()
	token := s.User(7)
	for _, origin := range []string{"", "Origin: https://example.com", "Origin: https://EXAMPLE.com", "Origin: http://localhost:8000"} {
		lines := []string{"X-Nothing: 1"}
		if origin != "" {
			lines = append(lines, origin)
		}
		s.Upgrade("/ws/default?token="+token, lines...)
		s.Upgrade("/ws/default?v=2&token="+token, lines...).Wait("welcome")
	}
	for _, origin := range []string{"null", "https://evil.example", "http://example.com", "https://example.com.evil.example", "https://example.com:444", "https://sub.example.com"} {
		if _, a := s.Request(testkit.Handshake("/ws/default?token="+token, "Origin: "+origin)); a.Status != 403 || a.Error().Code != "forbidden" {
			t.Errorf("version 1 from %s: %d %s", origin, a.Status, a.Body)
		}
		checkRefusal(t, s.Upgrade("/ws/default?v=2&token="+token, "Origin: "+origin), 4008, "forbidden", "AllowedOrigins")
	}
}

func TestNoHandshake(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	token := s.User(7)
	for _, query := range []string{"", "?token=" + token, "?v=2&token=" + token} {
		a := s.Get("/ws/default" + query)
		for _, want := range []string{"proxy", "proxy_http_version 1.1;", "proxy_set_header Upgrade $http_upgrade;", `proxy_set_header Connection \"upgrade\";`} {
			if a.Status != 426 || a.Header.Get("Upgrade") != "websocket" || !strings.Contains(a.Body, want) {
				t.Errorf("no Upgrade, %q: %d %v %s", query, a.Status, a.Header, a.Body)
			}
		}
	}
	if a := s.Do("GET", "/ws/default", nil, "Upgrade", "h2c", "Connection", "Upgrade"); a.Status != 426 {
		t.Errorf("another Upgrade: %d %s", a.Status, a.Body)
	}
	if a := s.Get("/ws/old"); a.Status != 404 {
		t.Errorf("no Upgrade, unknown endpoint: %d %s", a.Status, a.Body)
	}
	good := testkit.Handshake("/ws/default?token=" + token)
	for name, c := range map[string]struct{ old, new, text string }{
		"no Connection":  {"Connection: Upgrade", "Connection: keep-alive", "Connection"},
		"another word":   {"Connection: Upgrade", "Connection: upgraded", "Connection"},
		"no key":         {"Sec-WebSocket-Key: " + testkit.Key + "\r\n", "", "Key"},
		"a key too long": {testkit.Key, testkit.Key[:22] + "AAAA==", "Key"},
		"a key of junk":  {testkit.Key, "!", "Key"},
	} {
		_, a := s.Request(strings.Replace(good, c.old, c.new, 1))
		if a.Status != 400 || a.Error().Code != "bad_request" || !strings.Contains(a.Error().Message, c.text) {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	for name, with := range map[string]string{"an old version": "Sec-WebSocket-Version: 8\r\n", "no version": ""} {
		_, a := s.Request(strings.Replace(good, "Sec-WebSocket-Version: 13\r\n", with, 1))
		if a.Status != 426 || a.Header.Get("Sec-WebSocket-Version") != "13" || a.Error().Code != "bad_request" || !strings.Contains(a.Error().Message, "13") {
			t.Errorf("%s: %d %v %s", name, a.Status, a.Header, a.Body)
		}
	}
	if _, a := s.Request(strings.Replace(good, "Connection: Upgrade", "Connection: keep-alive, uPgrade", 1)); a.Status != 101 {
		t.Errorf("a list of Connection: %d %s", a.Status, a.Body)
	}
	if _, a := s.Request(strings.Replace(good, "GET", "POST", 1)); a.Status != 405 {
		t.Errorf("POST: %d %s", a.Status, a.Body)
	}
}

// Bytes that are no HTTP end their own connection only.
func TestJunkInsteadOfHTTP(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	for _, junk := range []string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", strings.Repeat("\x00", 5000), "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\r\n\r\n\r\n\r\n"} {
		w := s.Dial()
		w.Raw([]byte(junk))
		w.CloseWriteSide()
		if a := w.Answer(); a.Status != 400 && a.Status != 505 {
			t.Errorf("%.20q: %d %s", junk, a.Status, a.Body)
		}
	}
	// Many that say nothing at all.
	for range 100 {
		s.Dial()
	}
}
