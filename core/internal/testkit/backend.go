package testkit

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/driplet/driplet/core/auth"
)

// Answer is what an HTTP request got.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	Close  bool // the server ends the connection after it
}

// Error is the coded error of a refusal.
func (a Answer) Error() (e struct {
	Code, Message, Reason string
	Retry                 bool
}) {
	json.Unmarshal([]byte(a.Body), &struct{ Error any }{&e})
	return e
}

// web never keeps connections: each request stands for itself.
var web = &http.Client{
	Timeout:       patience,
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Do makes a request. header are pairs of name and value.
func (s *Server) Do(method, path string, body io.Reader, header ...string) Answer {
	a, err := s.Try(method, path, body, header...)
	if err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
	}
	return a
}

// Try is Do where the request itself may fail.
func (s *Server) Try(method, path string, body io.Reader, header ...string) (Answer, error) {
	r, err := http.NewRequest(method, s.URL+path, body)
	if err != nil {
		return Answer{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := web.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return Answer{res.StatusCode, res.Header, string(text), res.Close}, err
}

// Get is a plain GET.
func (s *Server) Get(path string) Answer { return s.Do("GET", path, nil) }

// Post sends a body, signed as version 1 asks, to the endpoint default.
func (s *Server) Post(body string) Answer {
	return s.Do("POST", "/api/default/message", strings.NewReader(body), auth.HeaderSignature, auth.SignBody(APISecret, []byte(body)))
}

// TryPost is Post where the request itself may fail.
func (s *Server) TryPost(body string) (Answer, error) {
	return s.Try("POST", "/api/default/message", strings.NewReader(body), auth.HeaderSignature, auth.SignBody(APISecret, []byte(body)))
}

// PostRequest is the text of what Post sends, for a connection that stays.
func PostRequest(body string) string {
	return fmt.Sprintf("POST /api/default/message HTTP/1.1\r\nHost: driplet\r\n%s: %s\r\nContent-Length: %d\r\n\r\n%s",
		auth.HeaderSignature, auth.SignBody(APISecret, []byte(body)), len(body), body)
}

var nonces atomic.Int64

// Body is a publish with a new nonce; fields are the rest of its JSON object.
func Body(fields string) string {
	return fmt.Sprintf(`{"nonce":"n%d","timestamp":%d,%s}`, nonces.Add(1), time.Now().Unix(), fields)
}

// Publish sends a message, as JSON, to a topic; it must be accepted.
func (s *Server) Publish(topic, message string) {
	if a := s.Post(Body(fmt.Sprintf(`"topic":%q,"message":%s`, topic, message))); a.Status != http.StatusOK {
		s.t.Errorf("publish to %s: %d %s", topic, a.Status, a.Body)
	}
}
