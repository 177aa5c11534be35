package auth

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

var testNow = time.Unix(1_700_000_000, 0)

func mint(t testing.TB, secret string, claims map[string]any) string {
	t.Helper()
	token, err := Mint(secret, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func endpoint(keys ...core.Credential) *core.Endpoint {
	return &core.Endpoint{Name: "default", Generation: 1, JWTKeys: keys}
}

func wantCode(t *testing.T, err error, code core.Code, text string) {
	t.Helper()
	e := core.AsError(err)
	if err == nil || e.Code != code || !strings.Contains(e.Message, text) {
		t.Fatalf("got %v, want %s with %q", err, code, text)
	}
}

func TestTokensCacheChecksExpiry(t *testing.T) {
	tokens, ep := NewTokens(10), endpoint(core.Credential{Secret: "a"})
	token := mint(t, "a", map[string]any{"exp": testNow.Unix() + 60, "custom": map[string]any{"uid": 7}})
	first, err := tokens.Verify(ep, token, testNow)
	if err != nil {
		t.Fatal(err)
	}
	again, err := tokens.Verify(ep, token, testNow.Add(59*time.Second))
	if err != nil || again != first {
		t.Fatalf("not the same claims: %v", err)
	}
	_, err = tokens.Verify(ep, token, testNow.Add(90*time.Second))
	wantCode(t, err, core.CodeExpired, "expired 30 s ago")
	if tokens.cache.Len() != 0 {
		t.Error("an expired token is still remembered")
	}
}

func TestTokensDieWithTheirKey(t *testing.T) {
	tokens := NewTokens(10)
	token := mint(t, "old", map[string]any{"sub": "a"})
	rotated := endpoint(core.Credential{ID: "2", Secret: "new"}, core.Credential{ID: "1", Secret: "old"})
	if _, err := tokens.Verify(rotated, token, testNow); err != nil {
		t.Fatal("the previous key must verify:", err)
	}
	// Also where the generation was not raised.
	_, err := tokens.Verify(endpoint(core.Credential{Secret: "new"}), token, testNow)
	wantCode(t, err, core.CodeUnauthorized, "JWTSecret of endpoint 'default'")
	other := endpoint(core.Credential{Secret: "other"})
	other.Name = "other"
	_, err = tokens.Verify(other, token, testNow)
	wantCode(t, err, core.CodeUnauthorized, "endpoint 'other'")
}

func TestTokensUserClaim(t *testing.T) {
	tokens := NewTokens(10)
	token := mint(t, "a", map[string]any{"custom": map[string]any{"uid": 7, "profile": map[string]any{"name": "eva"}}})
	for claim, want := range map[string]string{"": "7", "uid": "7", "profile.name": "eva", "profile": "", "none": ""} {
		ep := endpoint(core.Credential{Secret: "a"})
		ep.UserClaim = claim
		c, err := tokens.Verify(ep, token, testNow)
		if err != nil || c.User != want {
			t.Errorf("UserClaim %q: %q, %v, want %q", claim, c.User, err, want)
		}
	}
	for _, sub := range []string{strings.Repeat("x", maxUserBytes+1), "a\nb"} {
		_, err := tokens.Verify(endpoint(core.Credential{Secret: "a"}), mint(t, "a", map[string]any{"sub": sub}), testNow)
		wantCode(t, err, core.CodeUnauthorized, "the token's user has")
	}
}

func TestTokensKid(t *testing.T) {
	// Header {"alg":"HS256","kid":"1"}, payload {}, signed with "new" and with "old".
	header := "eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.e30"
	keys := []core.Credential{{ID: "2", Secret: "new"}, {ID: "1", Secret: "old"}}
	sign := func(secret string) string { return header + "." + b64(mac([]byte(secret), []byte(header))) }
	if _, err := NewTokens(1).Verify(endpoint(keys...), sign("old"), testNow); err != nil {
		t.Error("kid names the key that signed:", err)
	}
	_, err := NewTokens(1).Verify(endpoint(keys...), sign("new"), testNow)
	wantCode(t, err, core.CodeUnauthorized, "signature does not match")
	keys[1].ID = "unknown"
	if _, err := NewTokens(1).Verify(endpoint(keys...), sign("new"), testNow); err != nil {
		t.Error("with an unknown kid all keys are tried:", err)
	}
}

func TestTokensRefuse(t *testing.T) {
	ep := endpoint(core.Credential{Secret: "a"})
	_, err := NewTokens(1).Verify(ep, strings.Repeat("x", 64<<10), testNow)
	wantCode(t, err, core.CodeUnauthorized, "65536 bytes, the limit is 16384")
	many := make([]string, maxPatterns+1)
	_, err = NewTokens(1).Verify(ep, mint(t, "a", map[string]any{"topics": many}), testNow)
	wantCode(t, err, core.CodeUnauthorized, "501 patterns")
	_, err = NewTokens(1).Verify(ep, mint(t, "a", map[string]any{"publish": []string{"{"}}), testNow)
	wantCode(t, err, core.CodeUnauthorized, "without a claim's name")
	_, err = NewTokens(1).Verify(endpoint(), mint(t, "a", map[string]any{}), testNow)
	wantCode(t, err, core.CodeUnauthorized, "signature does not match")
	// Everybody can sign with an empty key.
	empty := "eyJhbGciOiJIUzI1NiJ9.e30"
	_, err = NewTokens(1).Verify(endpoint(core.Credential{}), empty+"."+b64(mac(nil, []byte(empty))), testNow)
	wantCode(t, err, core.CodeUnauthorized, "signature does not match")
}

func TestTokensCacheIsBounded(t *testing.T) {
	tokens, ep := NewTokens(4), endpoint(core.Credential{Secret: "a"})
	for i := range 20 {
		if _, err := tokens.Verify(ep, mint(t, "a", map[string]any{"sub": i + 1}), testNow); err != nil {
			t.Fatal(err)
		}
	}
	if n := tokens.cache.Len(); n != 4 {
		t.Errorf("%d tokens are remembered, want 4", n)
	}
}

func TestTokensManyGoroutines(t *testing.T) {
	tokens, ep := NewTokens(8), endpoint(core.Credential{Secret: "a"})
	texts := make([]string, 16)
	for i := range texts {
		texts[i] = mint(t, "a", map[string]any{"sub": i + 1})
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				if _, err := tokens.Verify(ep, texts[i%len(texts)], testNow); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzVerify(f *testing.F) {
	var v tokenVectors
	readVectors(f, "tokens.json", &v)
	for _, w := range v.Tokens {
		f.Add(w.Token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		// Nothing that a fuzzer writes is signed with this secret.
		c, err := NewTokens(1).Verify(endpoint(core.Credential{Secret: "unguessable"}), token, testNow)
		if err == nil || c != nil || core.AsError(err).Code != core.CodeUnauthorized {
			t.Fatalf("%q: %v, %v", token, c, err)
		}
	})
}

func FuzzReadClaims(f *testing.F) {
	for _, s := range []string{`{}`, `{"exp":1700000060.5,"sub":1e2,"custom":{"a":[1,"b"],"c":{"0":1}},"topics":["a*"],"publish":{"1":"b"}}`, `{"custom":[]}`, `{"exp":"1"}`, `null`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := readClaims([]byte(raw), "uid", testNow)
		if err != nil {
			if code := core.AsError(err).Code; code != core.CodeUnauthorized && code != core.CodeExpired {
				t.Fatalf("%q: %v", raw, err)
			}
			return
		}
		if c.User == "0" || c.Expires != 0 && c.Expires <= testNow.Unix() || (c.Custom == nil) != (len(c.Attributes) == 0) {
			t.Fatalf("%q: %+v", raw, c)
		}
	})
}

func BenchmarkVerifyHit(b *testing.B) {
	tokens, ep, token := NewTokens(10), endpoint(core.Credential{Secret: "a"}), benchToken(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tokens.Verify(ep, token, testNow); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyMiss(b *testing.B) {
	tokens, ep, token := NewTokens(10), endpoint(core.Credential{Secret: "a"}), benchToken(b)
	b.ReportAllocs()
	for b.Loop() {
		tokens.cache.Purge()
		if _, err := tokens.Verify(ep, token, testNow); err != nil {
			b.Fatal(err)
		}
	}
}

func benchToken(b *testing.B) string {
	return mint(b, "a", map[string]any{"exp": testNow.Unix() + 60, "iat": testNow.Unix(),
		"custom": map[string]any{"uid": 12345, "role": "editor", "team": "blue", "groups": []int{1, 2, 3}}})
}

func TestTokensUserIsNoBoolean(t *testing.T) {
	for _, uid := range []any{true, nil, []int{7}, map[string]int{"a": 1}, ""} {
		token := mint(t, "a", map[string]any{"custom": map[string]any{"uid": uid}})
		c, err := NewTokens(1).Verify(endpoint(core.Credential{Secret: "a"}), token, testNow)
		if err != nil || c.User != "" {
			t.Errorf("uid %v: user %q, %v", uid, c.User, err)
		}
	}
}
