package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driplet/driplet/core/auth"
)

// claimsOf reads a token's payload; its signature is auth's business.
func claimsOf(t *testing.T, r result) map[string]any {
	t.Helper()
	parts := strings.Split(strings.TrimSpace(r.out), ".")
	if r.code != 0 || len(parts) != 3 {
		t.Fatalf("exit %d, stdout %q, stderr %q", r.code, r.out, r.err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestToken(t *testing.T) {
	dir := write(t, minimal+"[Endpoints.shop]\nUserClaim = \"id\"\nAPISecret = \"x-0123456789abcdef\"\nJWTSecret = \"y-0123456789abcdef\"\n[Endpoints.mute]\n")
	before := time.Now().Unix()
	claims := claimsOf(t, execute(t, program(dir, nil, "token", "-uid", "7", "-role", "editor", "--role=staff",
		"-claim", "tenant=acme", "-claim", "tag=1", "-claim", "tag=two", "-claim", "tag=3", "-claim", `deep={"a":[true]}`,
		"-topic", "orders.*", "-publish", "typing.*", "-ttl", "10m")))
	exp, _ := claims["exp"].(float64)
	if int64(exp) < before+600 || int64(exp) > time.Now().Unix()+600 {
		t.Errorf("exp %v", claims["exp"])
	}
	delete(claims, "exp")
	delete(claims, "iat")
	want := map[string]any{
		"custom": map[string]any{
			"uid": 7.0, "roles": []any{"editor", "staff"}, "tenant": "acme", "tag": []any{1.0, "two", 3.0},
			"deep": map[string]any{"a": []any{true}},
		},
		"topics": []any{"orders.*"}, "publish": []any{"typing.*"},
	}
	if !reflect.DeepEqual(claims, want) {
		t.Errorf("claims %v", claims)
	}
	claims = claimsOf(t, execute(t, program(dir, nil, "token", "-endpoint", "Shop", "-uid", "007", "-ttl", "0")))
	if claims["exp"] != nil || !reflect.DeepEqual(claims["custom"], map[string]any{"id": "007"}) {
		t.Errorf("claims %v", claims)
	}
	for args, want := range map[string]string{
		"-endpoint none": "config.toml has no endpoint 'none': name one of default, shop, mute with -endpoint",
		"-endpoint mute": "endpoint 'mute' has no JWTSecret to sign with",
		"-claim x":       `-claim "x": write key=value`,
		"-ttl -1s":       "-ttl -1s has passed already",
		"-ttl soon":      "invalid value \"soon\" for flag -ttl",
		"7":              "it takes no argument \"7\"",
	} {
		if r := execute(t, program(dir, nil, append([]string{"token"}, strings.Fields(args)...)...)); r.code != 2 || !strings.Contains(r.err, want) {
			t.Errorf("token %s: exit %d, stderr %q", args, r.code, r.err)
		}
	}
}

// api stands in for the server: it checks the signature and answers as told.
type api struct {
	answer   atomic.Pointer[answer] // the next ones
	requests chan map[string]any
}

type answer struct {
	status int
	body   string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var got map[string]any
	if json.Unmarshal(body, &got) != nil || r.URL.Path != "/api/default/message" ||
		r.Header.Get(auth.HeaderSignature) != auth.SignBody("api-0123456789abcdef", body) {
		got = map[string]any{"refused": r.URL.Path + " " + string(body)}
	}
	a.requests <- got
	answer := a.answer.Load()
	w.WriteHeader(answer.status)
	io.WriteString(w, answer.body)
}

func TestPublish(t *testing.T) {
	a := &api{requests: make(chan map[string]any, 1)}
	a.answer.Store(&answer{200, `{"status":"ok"}`})
	server := httptest.NewServer(a)
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":")+1:]
	dir := write(t, "[Global]\nPort = "+port+"\n"+minimal)

	publish := func(stdin string, env []string, args ...string) (result, map[string]any) {
		t.Helper()
		cmd := program(dir, env, append([]string{"publish"}, args...)...)
		cmd.Stdin = strings.NewReader(stdin)
		r := execute(t, cmd)
		select {
		case got := <-a.requests:
			if nonce, _ := got["nonce"].(string); len(nonce) < 22 {
				t.Errorf("nonce %v", got)
			}
			if _, ok := got["timestamp"].(float64); !ok {
				t.Errorf("timestamp %v", got)
			}
			delete(got, "nonce")
			delete(got, "timestamp")
			return r, got
		default:
			return r, nil
		}
	}

	r, got := publish("", nil, "-topic", "news", `{"html":"<b>&","n":1.0}`)
	if r.code != 0 || r.out != "published to news\n" || !reflect.DeepEqual(got, map[string]any{"topic": "news", "message": map[string]any{"html": "<b>&", "n": 1.0}}) {
		t.Errorf("exit %d, stdout %q, stderr %q, sent %v", r.code, r.out, r.err, got)
	}

	a.answer.Store(&answer{200, `{"status":"ok","epoch":"e1","offset":7}`})
	r, got = publish("", nil, "hello there", "-topic=news", "-event", "greeting", "-include", "roles=editor", "-include", "roles=staff",
		"-exclude", "uid=7", "-except", "s1", "-id", "k1")
	want := map[string]any{"topic": "news", "message": "hello there", "event": "greeting", "except": "s1", "id": "k1", "target": map[string]any{
		"include": map[string]any{"roles": []any{"editor", "staff"}}, "exclude": map[string]any{"uid": 7.0},
	}}
	if r.code != 0 || r.out != "published to news, for those whose claims match, at offset 7 of epoch e1\n" || !reflect.DeepEqual(got, want) {
		t.Errorf("exit %d, stdout %q, stderr %q, sent %v", r.code, r.out, r.err, got)
	}

	a.answer.Store(&answer{200, `{"status":"ok","duplicate":true}`})
	env := []string{"DRIPLET_URL=" + server.URL + "/api/default/", "DRIPLET_API_SECRET=api-0123456789abcdef"}
	r, got = publish("from stdin\n", env, "-topic", "news", "-")
	if r.code != 0 || r.out != "nothing sent: this id was published to news before\n" || got["message"] != "from stdin" {
		t.Errorf("exit %d, stdout %q, stderr %q, sent %v", r.code, r.out, r.err, got)
	}

	a.answer.Store(&answer{401, `{"error":{"code":"unauthorized","message":"X-Driplet-Signature does not match","reason":"signature_mismatch","retry":false}}`})
	if r, _ = publish("", nil, "-topic", "news", "1"); r.code != 1 || r.err != "driplet: X-Driplet-Signature does not match (unauthorized, signature_mismatch)\n" {
		t.Errorf("exit %d, stderr %q", r.code, r.err)
	}
	a.answer.Store(&answer{302, "moved"})
	if r, _ = publish("", nil, "-topic", "news", "1"); r.code != 1 || !strings.Contains(r.err, "/api/default/message answered 302 Found: is it an endpoint's API?") {
		t.Errorf("exit %d, stderr %q", r.code, r.err)
	}
	a.answer.Store(&answer{200, "<html>"})
	if r, _ = publish("", nil, "-topic", "news", "1"); r.code != 1 || !strings.Contains(r.err, "answered with something else than JSON") {
		t.Errorf("exit %d, stderr %q", r.code, r.err)
	}
	if r, got = publish("\xff", nil, "-topic", "news", "-"); r.code != 1 || got != nil || !strings.Contains(r.err, "the message is not UTF-8") {
		t.Errorf("exit %d, stderr %q", r.code, r.err)
	}

	server.Close()
	if r, _ = publish("", nil, "-topic", "news", "1"); r.code != 1 || !strings.Contains(r.err, "connection refused. Is the server running?") {
		t.Errorf("exit %d, stderr %q", r.code, r.err)
	}
	for _, c := range []struct{ args, want string }{
		{"-topic news", "it takes one message, not 0: put it in quotes"},
		{"-topic news a b", "it takes one message, not 2: put it in quotes"},
		{"hello", "-topic: topic is missing or empty"},
		{"-topic news -include x hello", `-include "x": write key=value`},
		{"-topic news -url example.com hello", `"example.com" is not the URL of an endpoint's API`},
		{"-topic news -url http://example.com hello", "there is no secret to sign with: give -secret or DRIPLET_API_SECRET"},
		{"-topic news -endpoint none hello", "config.toml has no endpoint 'none'"},
	} {
		if r, got := publish("", nil, strings.Fields(c.args)...); r.code != 2 || got != nil || !strings.Contains(r.err, c.want) {
			t.Errorf("publish %s: exit %d, stderr %q", c.args, r.code, r.err)
		}
	}
}
