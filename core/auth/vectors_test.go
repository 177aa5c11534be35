package auth

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

// signatures and tokens are the golden vectors that testdata/README.md tells of.
type signatures struct {
	Keys   []struct{ Secret, Purpose, Key string }
	Bodies []struct{ Secret, Body, Signature string }
	Reqs   []struct {
		Secret, Method, URI, Nonce, Body, Signature string
		Timestamp                                   json.Number
	} `json:"requests"`
	Proofs []struct {
		Secret, Endpoint, User, Topic, Proof string
		Expires                              int64
	}
}

func readVectors(t testing.TB, file string, into any) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func TestSignatureVectors(t *testing.T) {
	var v signatures
	readVectors(t, "signatures.json", &v)
	if len(v.Keys) == 0 || len(v.Bodies) == 0 || len(v.Reqs) == 0 || len(v.Proofs) == 0 {
		t.Fatal("a list of vectors is empty")
	}
	for _, k := range v.Keys {
		if got := hex.EncodeToString(Derive(k.Secret, k.Purpose)); got != k.Key {
			t.Errorf("key %s of %q: %s, want %s", k.Purpose, k.Secret, got, k.Key)
		}
	}
	for _, b := range v.Bodies {
		if got := SignBody(b.Secret, []byte(b.Body)); got != b.Signature {
			t.Errorf("body %q: %s, want %s", b.Body, got, b.Signature)
		}
		if _, err := VerifyBody("e", []core.Credential{{ID: "k", Secret: b.Secret}}, b.Signature, []byte(b.Body)); err != nil {
			t.Error(err)
		}
	}
	for _, q := range v.Reqs {
		r := Request{Method: q.Method, URI: q.URI, Timestamp: string(q.Timestamp), Nonce: q.Nonce, Body: []byte(q.Body)}
		if r.Signature = SignRequest(q.Secret, r); r.Signature != q.Signature {
			t.Errorf("%s %s: %s, want %s", q.Method, q.URI, r.Signature, q.Signature)
		}
		unix, _ := q.Timestamp.Int64()
		if _, _, err := VerifyRequest("e", []core.Credential{{Secret: q.Secret}}, r, time.Unix(unix, 0)); err != nil {
			t.Error(err)
		}
	}
	for _, p := range v.Proofs {
		if got := MakeProof(p.Secret, p.Endpoint, p.User, p.Topic, p.Expires); got != p.Proof {
			t.Errorf("proof for %q: %s, want %s", p.Topic, got, p.Proof)
		}
		expires, err := VerifyProof([]core.Credential{{Secret: p.Secret}}, p.Endpoint, p.User, p.Topic, p.Proof, time.Unix(p.Expires-10, 0))
		if err != nil || expires != p.Expires {
			t.Errorf("proof for %q: %d, %v", p.Topic, expires, err)
		}
	}
}

type tokenVectors struct {
	Tokens []tokenVector
}

type tokenVector struct {
	Name, Token, Secret, Verdict, User string
	Now, Expires                       int64
	Custom                             *string
	Topics, Publish                    []string
}

func TestTokenVectors(t *testing.T) {
	var v tokenVectors
	readVectors(t, "tokens.json", &v)
	for _, w := range v.Tokens {
		t.Run(w.Name, func(t *testing.T) {
			ep := &core.Endpoint{Name: "default", JWTKeys: []core.Credential{{ID: "k", Secret: w.Secret}}}
			tokens, now := NewTokens(10), time.Unix(w.Now, 0)
			for range 2 { // new, then from the cache
				c, err := tokens.Verify(ep, w.Token, now)
				if w.Verdict != "ok" {
					if err == nil || string(core.AsError(err).Code) != w.Verdict {
						t.Fatalf("got %v, want %s", err, w.Verdict)
					}
					if tokens.cache.Len() != 0 {
						t.Fatal("a refusal was remembered")
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				compareClaims(t, c, w)
			}
		})
	}
}

func compareClaims(t *testing.T, c *core.Claims, w tokenVector) {
	t.Helper()
	if c.User != w.User || c.Expires != w.Expires {
		t.Errorf("user %q expires %d, want %q and %d", c.User, c.Expires, w.User, w.Expires)
	}
	if (c.Custom == nil) != (w.Custom == nil) || w.Custom != nil && string(c.Custom) != *w.Custom {
		t.Errorf("custom %s, want %v", c.Custom, w.Custom)
	}
	for name, pair := range map[string]struct {
		got  []core.Pattern
		want []string
	}{"topics": {c.Topics, w.Topics}, "publish": {c.Publish, w.Publish}} {
		if len(pair.got) != len(pair.want) {
			t.Fatalf("%s: %v, want %v", name, pair.got, pair.want)
		}
		for i, p := range pair.got {
			if p.String() != pair.want[i] {
				t.Errorf("%s: %v, want %v", name, pair.got, pair.want)
			}
		}
	}
}
