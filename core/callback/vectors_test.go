package callback

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

var update = flag.Bool("update", false, "write the signatures and bodies of testdata anew")

type vectors struct {
	Requests []requestVector `json:"requests"`
	Answers  []answerVector  `json:"answers"`
}

type requestVector struct {
	Name  string `json:"name"`
	Event struct {
		Endpoint string          `json:"endpoint"`
		Event    string          `json:"event"`
		Topic    string          `json:"topic,omitempty"`
		User     string          `json:"user"`
		Session  string          `json:"session,omitempty"`
		Claims   json.RawMessage `json:"claims,omitempty"`
		Data     json.RawMessage `json:"data,omitempty"`
		Time     int64           `json:"time"`
	} `json:"event"`
	Secret    string `json:"secret"`
	Key       string `json:"key"`
	URI       string `json:"uri"`
	Timestamp string `json:"timestamp"`
	Nonce     string `json:"nonce"`
	Body      string `json:"body"`
	Signature string `json:"signature"`
}

type answerVector struct {
	Name   string  `json:"name"`
	Status int     `json:"status"`
	Body   string  `json:"body"`
	Data   *string `json:"data,omitempty"`
	Error  *struct {
		Code    core.Code       `json:"code"`
		Message string          `json:"message"`
		Retry   bool            `json:"retry"`
		Data    json.RawMessage `json:"data,omitempty"`
	} `json:"error,omitempty"`
	Fault bool `json:"fault,omitempty"`
}

func readVectors(t testing.TB) (v vectors) {
	t.Helper()
	raw, err := os.ReadFile("testdata/callbacks.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Requests) == 0 || len(v.Answers) == 0 {
		t.Fatal("a list of vectors is empty")
	}
	return v
}

// compact undoes the file's indentation.
func compact(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	if raw == nil {
		return nil
	}
	out, err := core.CompactJSON(nil, raw)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRequestVectors(t *testing.T) {
	v := readVectors(t)
	for i := range v.Requests {
		q := &v.Requests[i]
		e := &q.Event
		ev := &core.ClientEvent{
			Kind: core.HookMessage, Endpoint: e.Endpoint, Event: e.Event, Topic: e.Topic, Session: core.SessionID(e.Session),
			User: core.PublicID(e.User, core.SessionID(e.Session)), Data: compact(t, e.Data), Time: time.UnixMilli(e.Time),
		}
		if e.Claims != nil {
			ev.Claims = &core.Claims{User: e.User, Custom: compact(t, e.Claims)}
		}
		body, err := newBody(ev)
		if err != nil {
			t.Fatal(err)
		}
		key, err := hkdf.Key(sha256.New, []byte(q.Secret), nil, "driplet/callback", sha256.Size)
		if err != nil {
			t.Fatal(err)
		}
		signature := Sign(key, http.MethodPost, q.URI, q.Timestamp, q.Nonce, body)
		if *update {
			q.Body, q.Key, q.Signature = string(body), hex.EncodeToString(key), signature
		}
		if string(body) != q.Body || hex.EncodeToString(key) != q.Key || signature != q.Signature {
			t.Errorf("%s:\n%s %x %s\nwant\n%s %s %s", q.Name, body, key, signature, q.Body, q.Key, q.Signature)
		}
	}
	if *update {
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/callbacks.json", out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnswerVectors(t *testing.T) {
	for _, a := range readVectors(t).Answers {
		data, refusal, err := parseAnswer(a.Status, []byte(a.Body))
		if a.Fault != (err != nil) {
			t.Errorf("%s: error %v", a.Name, err)
			continue
		}
		switch {
		case a.Data != nil:
			if refusal != nil || string(data) != *a.Data {
				t.Errorf("%s: %s, refusal %v", a.Name, data, refusal)
			}
		case a.Error != nil:
			e := a.Error
			if refusal == nil || refusal.Code != e.Code || refusal.Message != e.Message || refusal.Retry != e.Retry || string(refusal.Data) != string(compact(t, e.Data)) {
				t.Errorf("%s: %+v", a.Name, refusal)
			}
		}
	}
}

func TestAnswerTooLarge(t *testing.T) {
	body := make([]byte, maxAnswerBytes+1)
	for i := range body {
		body[i] = '1'
	}
	if _, _, err := parseAnswer(200, body); err == nil {
		t.Error("a large answer was taken")
	}
	if _, _, err := parseAnswer(200, body[:maxAnswerBytes]); err != nil {
		t.Error(err)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, a := range readVectors(f).Answers {
		f.Add(a.Status, []byte(a.Body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		data, refusal, err := parseAnswer(status, body)
		var s *statusError
		switch {
		case err != nil && (data != nil || refusal != nil):
			t.Fatal("an error and an answer")
		case err != nil && errors.As(err, &s) != (status != 200):
			t.Fatalf("status %d: %v", status, err)
		case data != nil && !json.Valid(data):
			t.Fatalf("data %q is not JSON", data)
		case refusal != nil && (!validCode(refusal.Code) || refusal.Message == "" || refusal.Data != nil && !json.Valid(refusal.Data)):
			t.Fatalf("refusal %+v", refusal)
		}
	})
}
