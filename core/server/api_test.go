package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/internal/testkit"
	"github.com/driplet/driplet/core/server"
)

const publish = "/api/default/message"

// start runs a server with a witness, and a client that must hear nothing of
// what is refused.
func start(t *testing.T) *testkit.Server {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	w := s.V2(s.User(7))
	w.Subscribe("t")
	t.Cleanup(func() {
		s.Publish("t", `"the first"`)
		if f := w.Wait("message"); f != `{"type":"message","topic":"t","message":"the first"}` {
			t.Errorf("what was refused was heard: %s", f)
		}
	})
	return s
}

func want(t *testing.T, name string, a testkit.Answer, status int, code, reason, text string) {
	t.Helper()
	e := a.Error()
	if a.Status != status || e.Code != code || e.Reason != reason || !strings.Contains(e.Message, text) {
		t.Errorf("%s: %d %s, want %d %s %s %q", name, a.Status, a.Body, status, code, reason, text)
	}
	if got := a.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("%s: Content-Type %q", name, got)
	}
}

func TestRefusedPublishes(t *testing.T) {
	s := start(t)
	now := time.Now().Unix()
	at := func(seconds int64) string {
		return fmt.Sprintf(`{"nonce":"x","timestamp":%d,"topic":"t","message":1}`, seconds)
	}
	deep := strings.Repeat("[", 100000) + strings.Repeat("]", 100000)
	for name, c := range map[string]struct {
		body         string
		status       int
		code, reason string
		text         string
	}{
		"nothing":                {"", 400, "bad_request", "", "empty"},
		"junk":                   {"\x00\x01\xff", 400, "bad_request", "", ""},
		"broken JSON":            {`{"nonce":`, 400, "bad_request", "", ""},
		"two objects":            {testkit.Body(`"topic":"t","message":1`) + "{}", 400, "bad_request", "", ""},
		"not UTF-8":              {testkit.Body("\"topic\":\"t\",\"message\":\"\xff\""), 400, "bad_request", "", "UTF-8"},
		"nested":                 {testkit.Body(`"topic":"t","message":` + deep), 400, "bad_request", "", "128"},
		"nested, unknown field":  {testkit.Body(`"topic":"t","message":1,"x":` + deep), 400, "bad_request", "", "128"},
		"nested target":          {testkit.Body(`"topic":"t","message":1,"target":` + deep), 400, "bad_request", "", "128"},
		"stale":                  {at(now - 340), 401, "unauthorized", "clock_skew", "behind this server: synchronise clocks"},
		"ahead":                  {at(now + 340), 401, "unauthorized", "clock_skew", "ahead"},
		"timestamp 1e400":        {`{"nonce":"x","timestamp":1e400,"topic":"t","message":1}`, 400, "bad_request", "", "whole number"},
		"timestamp of long ago":  {at(-1 << 62), 401, "unauthorized", "clock_skew", ""},
		"no topic":               {testkit.Body(`"message":1`), 400, "bad_request", "", "topic"},
		"empty topic":            {testkit.Body(`"topic":"","message":1`), 400, "bad_request", "", "topic"},
		"topic of 201 bytes":     {testkit.Body(`"topic":"` + strings.Repeat("t", 201) + `","message":1`), 400, "bad_request", "", "201 bytes"},
		"control character":      {testkit.Body(`"topic":"a\u001b","message":1`), 400, "bad_request", "", "U+001B"},
		"typo in the target":     {testkit.Body(`"topic":"t","message":1,"target":{"inlcude":{"uid":8}}`), 400, "bad_request", "", "inlcude"},
		"include of a text":      {testkit.Body(`"topic":"t","message":1,"target":{"include":"8"}`), 400, "bad_request", "", "include"},
		"object in the target":   {testkit.Body(`"topic":"t","message":1,"target":{"include":{"uid":{"eq":8}}}`), 400, "bad_request", "", "uid"},
		"object within a list":   {testkit.Body(`"topic":"t","message":1,"target":{"exclude":{"uid":[8,{"a":1}]}}`), 400, "bad_request", "", "uid"},
		"a list as target":       {testkit.Body(`"topic":"t","message":1,"target":[{"include":{"uid":8}}]`), 400, "bad_request", "", "target"},
		"target false":           {testkit.Body(`"topic":"t","message":1,"target":false`), 400, "bad_request", "", "target"},
		"a number too long":      {testkit.Body(`"topic":"t","message":1,"target":{"include":{"uid":1e999999}}`), 400, "bad_request", "", "digits"},
		"message left out":       {testkit.Body(`"topic":"t"`), 400, "bad_request", "", "message"},
		"control in event":       {testkit.Body(`"topic":"t","message":1,"event":"a\n"`), 400, "bad_request", "", "U+000A"},
		"an id that is too long": {testkit.Body(`"topic":"t","message":1,"id":"` + strings.Repeat("i", 201) + `"`), 400, "bad_request", "", "201 bytes"},
	} {
		want(t, name, s.Post(c.body), c.status, c.code, c.reason, c.text)
	}
	testkit.Until(t, "the refusals are counted", func() bool { return s.Metric(`driplet_refused_total{code="bad_request",endpoint="default"}`) >= 20 })
}

func TestSignatures(t *testing.T) {
	s := start(t)
	body := func() string { return testkit.Body(`"topic":"elsewhere","message":1`) }
	send := func(b, signature string) testkit.Answer {
		return s.Do("POST", publish, strings.NewReader(b), auth.HeaderSignature, signature)
	}
	b := body()
	want(t, "unsigned", s.Do("POST", publish, strings.NewReader(b)), 401, "unauthorized", "signature_missing", auth.HeaderSignature)
	for name, signature := range map[string]string{
		"another secret": auth.SignBody("another", []byte(b)), "no hex": strings.Repeat("x", 64), "half of it": auth.SignBody(testkit.APISecret, []byte(b))[:32],
		"the token's secret": auth.SignBody(testkit.JWTSecret, []byte(b)), "of another body": auth.SignBody(testkit.APISecret, []byte(b+" ")),
	} {
		want(t, name, send(b, signature), 401, "unauthorized", "signature_mismatch", "")
	}
	if e := send(b, auth.SignBody("another", []byte(b))).Error(); !strings.Contains(e.Message, fmt.Sprintf("the %d body bytes received: sign the exact bytes sent; is this the secret of endpoint 'default'?", len(b))) {
		t.Error(e.Message)
	}
	// What was refused has spent no nonce. Either letter case is good.
	if a := send(b, strings.ToUpper(auth.SignBody(testkit.APISecret, []byte(b)))); a.Status != 200 || a.Body != `{"status":"ok"}` {
		t.Errorf("upper case: %d %s", a.Status, a.Body)
	}
	want(t, "again", send(b, auth.SignBody(testkit.APISecret, []byte(b))), 401, "unauthorized", "replayed", "nonce")
}

func TestRequestSignatures(t *testing.T) {
	s := start(t)
	const body = `{"topic":"elsewhere","message":1}`
	try := func(change func(*auth.Request), uri, sent string) testkit.Answer {
		r := auth.Request{
			Method: "POST", URI: publish + "?x=1", Timestamp: fmt.Sprint(time.Now().Unix()),
			Nonce: fmt.Sprint(time.Now().UnixNano()), Body: []byte(body),
		}
		r.Signature = auth.SignRequest(testkit.APISecret, r)
		if change != nil {
			change(&r)
		}
		return s.Do("POST", uri, strings.NewReader(sent), auth.HeaderSignature, r.Signature,
			auth.HeaderTimestamp, r.Timestamp, auth.HeaderNonce, r.Nonce, auth.HeaderKey, r.Key)
	}
	if a := try(nil, publish+"?x=1", body); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	const mismatch = "signature_mismatch"
	want(t, "another query", try(nil, publish+"?x=2", body), 401, "unauthorized", mismatch, "exact path")
	want(t, "another body", try(nil, publish+"?x=1", body+" "), 401, "unauthorized", mismatch, "34 body bytes")
	want(t, "another time", try(func(r *auth.Request) { r.Timestamp += "0" }, publish+"?x=1", body), 401, "unauthorized", mismatch, "")
	want(t, "another nonce", try(func(r *auth.Request) { r.Nonce = "n" }, publish+"?x=1", body), 401, "unauthorized", mismatch, "")
	want(t, "an unknown key", try(func(r *auth.Request) { r.Key = "k" }, publish+"?x=1", body), 401, "unauthorized", mismatch, `"k"`)
	want(t, "no nonce", try(func(r *auth.Request) { r.Nonce = "" }, publish+"?x=1", body), 401, "unauthorized", "signature_missing", auth.HeaderNonce)
	want(t, "stale", try(func(r *auth.Request) {
		r.Timestamp = fmt.Sprint(time.Now().Unix() - 340)
		r.Signature = auth.SignRequest(testkit.APISecret, *r)
	}, publish+"?x=1", body), 401, "unauthorized", "clock_skew", "behind")
	again := func(r *auth.Request) {
		r.Nonce = "once"
		r.Signature = auth.SignRequest(testkit.APISecret, *r)
	}
	if a := try(again, publish+"?x=1", body); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	want(t, "again", try(again, publish+"?x=1", body), 401, "unauthorized", "replayed", "")

	// A proxy may put the host into the request line; what is signed stays.
	r := auth.Request{Method: "POST", URI: publish + "?x=%20y", Timestamp: fmt.Sprint(time.Now().Unix()), Nonce: "absolute", Body: []byte(body)}
	_, a := s.Request(fmt.Sprintf("POST http://driplet%s HTTP/1.1\r\nHost: driplet\r\n%s: %s\r\n%s: %s\r\n%s: %s\r\nContent-Length: %d\r\n\r\n%s", r.URI,
		auth.HeaderTimestamp, r.Timestamp, auth.HeaderNonce, r.Nonce, auth.HeaderSignature, auth.SignRequest(testkit.APISecret, r), len(body), body))
	if a.Status != 200 {
		t.Errorf("with a host before the path: %d %s", a.Status, a.Body)
	}
}

// Of the same request sent 32 times at once, one wins.
func TestReplayedAtOnce(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	w := s.V2(s.User(7))
	w.Subscribe("t")
	for round := range 5 {
		body := testkit.Body(fmt.Sprintf(`"topic":"t","message":%d`, round))
		var group sync.WaitGroup
		answers := make(chan testkit.Answer, 32)
		for range cap(answers) {
			group.Go(func() { answers <- s.Post(body) })
		}
		group.Wait()
		close(answers)
		won := 0
		for a := range answers {
			if a.Status == 200 {
				won++
			} else {
				want(t, "one of 32", a, 401, "unauthorized", "replayed", "nonce")
			}
		}
		if won != 1 {
			t.Errorf("%d of 32 won", won)
		}
		if f := w.Wait("message"); f != fmt.Sprintf(`{"type":"message","topic":"t","message":%d}`, round) {
			t.Error(f)
		}
	}
}

// The same id is answered, delivered once, and bound to its message.
func TestIdempotency(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	w := s.V2(s.User(7))
	w.Subscribe("t")
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if a := s.Post(testkit.Body(`"topic":"t","message":1,"id":"k"`)); a.Status != 200 {
				t.Errorf("%d %s", a.Status, a.Body)
			}
		})
	}
	group.Wait()
	if a := s.Post(testkit.Body(`"topic":"t","message":1,"id":"k"`)); a.Body != `{"status":"ok","duplicate":true}` {
		t.Error(a.Body)
	}
	want(t, "another message", s.Post(testkit.Body(`"topic":"t","message":2,"id":"k"`)), 409, "conflict", "", `"k"`)
	s.Publish("t", `"last"`)
	w.Wait(`"message":1}`)
	if f := w.Wait("message"); !strings.Contains(f, `"last"`) {
		t.Errorf("delivered again: %s", f)
	}
}

func TestPaths(t *testing.T) {
	s := start(t)
	for _, c := range []struct {
		method, path string
		status       int
		code, text   string
	}{
		{"GET", "/nothing", 404, "not_found", "/nothing"},
		{"GET", "/api", 404, "not_found", ""},
		{"POST", "/api/default", 404, "not_found", ""},
		{"POST", "/api/default/message/", 404, "not_found", ""},
		{"POST", "/api//message", 404, "not_found", ""},
		{"POST", "/api/old/message", 404, "not_found", "old"},
		{"GET", "/api/old/ping", 404, "not_found", "old"},
		{"GET", "/ws/", 404, "not_found", ""},
		{"GET", "/ws/default/more", 404, "not_found", ""},
		{"GET", "/api/default/message", 405, "bad_request", "POST"},
		{"DELETE", "/api/default/message", 405, "bad_request", "POST"},
		{"POST", "/", 405, "bad_request", "GET"},
		{"PUT", "/api/default/ping", 405, "bad_request", "GET"},
		{"BREW", "/ws/default", 405, "bad_request", "GET"},
		{"GET", "/%2e%2e/%2e%2e/etc/passwd", 404, "not_found", ""},
		{"GET", "/api/" + strings.Repeat("x", 5000) + "/ping", 404, "not_found", "xxx"},
	} {
		want(t, c.method+" "+c.path[:min(40, len(c.path))], s.Do(c.method, c.path, nil), c.status, c.code, "", c.text)
	}
	if a := s.Do("POST", publish+"?endpoint=old", nil); a.Status != 400 && a.Status != 401 {
		t.Errorf("a query: %d", a.Status)
	}
	for path, body := range map[string]string{
		"/": `{"status":"ok"}`, "/api/default/ping": `{"endpoint":"default","status":"ok"}`, "/api/DEFAULT/ping": `{"endpoint":"default","status":"ok"}`,
	} {
		if a := s.Get(path); a.Status != 200 || a.Body != body {
			t.Errorf("GET %s: %d %s", path, a.Status, a.Body)
		}
		if a := s.Do("HEAD", path, nil); a.Status != 200 || a.Body != "" || a.Header.Get("Content-Length") != fmt.Sprint(len(body)) {
			t.Errorf("HEAD %s: %d %q %v", path, a.Status, a.Body, a.Header)
		}
	}
	for path, allow := range map[string]string{"/": "GET", publish: "POST", "/ws/default": "GET"} {
		if a := s.Do("OPTIONS", path, nil); a.Status != 204 || a.Body != "" || !strings.Contains(a.Header.Get("Allow"), allow) {
			t.Errorf("OPTIONS %s: %d %q %v", path, a.Status, a.Body, a.Header)
		}
	}
	if a := s.Do("HEAD", publish, nil); a.Status != 405 || a.Body != "" {
		t.Errorf("HEAD %s: %d %q", publish, a.Status, a.Body)
	}
}

func TestPageForBrowsers(t *testing.T) {
	s := testkit.Start(t, testkit.Options{Page: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "a page") })})
	if a := s.Do("GET", "/", nil, "Accept", "text/html,*/*"); a.Body != "a page" {
		t.Error(a.Body)
	}
	if a := s.Get("/"); a.Body != `{"status":"ok"}` {
		t.Error(a.Body)
	}
}

func TestMounts(t *testing.T) {
	h := server.New(server.Options{Mounts: []server.Mount{{Path: "/demo/", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })}}})
	for path, want := range map[string]string{"/demo/": "/demo/", "/demo/chat": "/demo/chat"} {
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, httptest.NewRequest("GET", path, nil)); w.Code != 200 || w.Body.String() != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest("GET", "/demo", nil)); w.Code != 301 || w.Header().Get("Location") != "/demo/" {
		t.Errorf("/demo: %d %v", w.Code, w.Header())
	}
}
