package demo

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
)

func newPages(t *testing.T) *Pages {
	t.Helper()
	cfg, err := Configuration(0, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(cfg.Endpoints[0], "driplet")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func get(p *Pages, address string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
	return w
}

// A configuration is for this machine alone, and each start has secrets of its own.
func TestConfiguration(t *testing.T) {
	a, err := Configuration(4719, `C:\data "x"`)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Configuration(4719, "")
	if err != nil {
		t.Fatal(err)
	}
	if a.Global.BindAddress != "127.0.0.1" || a.Global.DataDir != `C:\data "x"` || len(a.Warnings) > 0 {
		t.Errorf("%+v, warnings %q", a.Global, a.Warnings)
	}
	x, y := a.Endpoints[0], b.Endpoints[0]
	if x.APIKeys[0].Secret == y.APIKeys[0].Secret || x.JWTKeys[0].Secret == y.JWTKeys[0].Secret || len(x.APIKeys[0].Secret) < 32 {
		t.Error("secrets are the same at each start, or short")
	}
}

// Each page's files are there, and what they load in turn.
func TestPagesAreWhole(t *testing.T) {
	p := newPages(t)
	references := regexp.MustCompile(`(?:src|href)="([^"#]+)"|from "([^"]+)"|settings\("([^"]*)"\)`)
	seen := map[string]bool{}
	queue := []string{"/", "/demo/chat/", "/demo/analytics/", "/demo/chat/config.json", "/demo/analytics/config.json"}
	for len(queue) > 0 {
		address := queue[0]
		queue = queue[1:]
		if seen[address] || strings.HasPrefix(address, "/sdk/") {
			continue
		}
		seen[address] = true
		w := get(p, "http://localhost:4719"+address)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", address, w.Code)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s without nosniff", address)
		}
		for _, m := range references.FindAllStringSubmatch(w.Body.String(), -1) {
			to := m[1] + m[2] + m[3]
			if strings.Contains(to, "://") {
				t.Errorf("%s loads %s from elsewhere", address, to)
				continue
			}
			if !strings.HasPrefix(to, "/") {
				to = path.Join(path.Dir(address+"x"), to)
			}
			queue = append(queue, to)
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d addresses: %v", len(seen), seen)
	}
}

func TestAddresses(t *testing.T) {
	p := newPages(t)
	for address, want := range map[string]string{
		"http://localhost:4719/demo/":                "302 /",
		"http://127.0.0.1/demo/chat":                 "307 /demo/chat/",
		"http://[::1]:4719/demo/analytics":           "307 /demo/analytics/",
		"http://LOCALHOST/demo/nothing":              "404 ",
		"http://localhost/demo/chat/nothing":         "404 ",
		"http://localhost/demo/chat/../../embed.go":  "307 /embed.go",
		"http://evil.example/":                       "403 ",
		"http://evil.example/demo/token":             "403 ",
		"http://localhost.evil.example:4719/":        "403 ",
		"http://192.168.1.2:4719/demo/token":         "403 ",
		"http://127.0.0.1.evil.example/demo/chat/":   "403 ",
		"http://localhost:4719/demo/landing/none.js": "404 ",
	} {
		w := get(p, address)
		if got := fmt.Sprintf("%d %s", w.Code, w.Header().Get("Location")); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "http://localhost/demo/token", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestToken(t *testing.T) {
	p := newPages(t)
	w := get(p, "http://localhost/demo/token?uid=u1&name=%20Ada%20L.%20&role=moderator")
	var body struct{ Status, Message, Token string }
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Status != "success" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(body.Token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Iat, Exp int64
		Custom   json.RawMessage
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Exp-claims.Iat != 3600 || string(claims.Custom) != `{"name":"Ada L.","roles":["moderator"],"uid":"u1"}` {
		t.Errorf("%s, %v", payload, err)
	}
	for query, want := range map[string]string{
		"":                              "uid is a text",
		"uid=u1&role=member":            "name is a text",
		"uid=u1&name=%20&role=member":   "name is a text",
		"uid=u1&name=a%00b&role=member": "name is a text",
		"uid=u1&name=%ff&role=member":   "name is a text",
		"uid=" + strings.Repeat("u", 65) + "&name=a&role=member":        "uid is a text",
		"uid=u1&name=" + strings.Repeat("%C3%A9", 65) + "&role=member":  "name is a text",
		"uid=u1&name=a&role=root":                                       "role is one of member, editor, moderator, administrator, analytics",
		"uid=u1&name=a":                                                 "role is one of",
		"uid=u1&name=a&role=" + url.QueryEscape("member,administrator"): "role is one of",
	} {
		w := get(p, "http://localhost/demo/token?"+query)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) || strings.Contains(w.Body.String(), "token\":") {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

// Where a page does not ask who the visitor is, each one gets a user of its own.
func TestSettings(t *testing.T) {
	p := newPages(t)
	users := map[string]bool{}
	for range 2 {
		var s struct {
			User *struct{ UID, Name, Role string }
		}
		if err := json.Unmarshal(get(p, "http://localhost/demo/analytics/config.json").Body.Bytes(), &s); err != nil || s.User == nil || s.User.Role != "analytics" {
			t.Fatal(s, err)
		}
		users[s.User.UID] = true
	}
	if len(users) != 2 {
		t.Errorf("users %v", users)
	}
	if body := get(p, "http://localhost/demo/chat/config.json").Body.String(); !strings.Contains(body, `"user":null`) || strings.Contains(body, `"analytics"`) {
		t.Error(body)
	}
}

// The landing page shows the lines with the address by which it was reached.
func TestLandingPage(t *testing.T) {
	p := newPages(t)
	body := get(p, "http://127.0.0.1:6001/").Body.String()
	for _, want := range []string{"http://127.0.0.1:6001/api/default/message", "driplet publish -url http://127.0.0.1:6001/api/default", p.secret()} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(body, "<script>") {
		t.Error("an inline script, which the page's policy forbids")
	}
}
