package cases

import (
	"encoding/json"
	"strings"
	"testing"
)

const outdated = `{
  "comment": "stays   as it is",
  "subscribed": {"chat.lobby": ["session-7"]},
  "kv": {"seq/chat.lobby": "41"},
  "steps": [
    {
      "event":  {"event": "chat.send", "data": {"room": "lobby", "text": "hi"}},
      "expect": {
        "answer": {"id": 7},
        "kv":     {"seq/chat.lobby": "42"},
        "effects": [
          {"op": "kv_set", "key": "<any>", "value": "<any>", "ttl": 1},
          {"op": "publish", "topic": "chat.attic", "event": "chat.message", "data": "<any>"}
        ]
      }
    },
    {"event": {"event": "chat.send", "data": {"room": "attic", "text": "hi"}}, "expect": {"answer":   {"id": 1}}},
    {"event": {"event": "chat.send", "data": {"room": "attic", "text": "hi"}}, "expect": {"refusal":  {"code": "chat.not_member"}}}
  ]
}`

const updated = `{
  "comment": "stays   as it is",
  "subscribed": {"chat.lobby": ["session-7"]},
  "kv": {"seq/chat.lobby": "41"},
  "steps": [
    {
      "event":  {"event": "chat.send", "data": {"room": "lobby", "text": "hi"}},
      "expect": {
        "answer": {"id": 42},
        "effects": [
          {"op": "kv_set", "key": "<any>", "ttl": 604800000, "value": "<any>"},
          {"op": "publish", "data": "<any>", "event": "chat.message", "topic": "chat.lobby"}
        ],
        "kv": {"seq/chat.lobby": "42"}
      }
    },
    {"event": {"event": "chat.send", "data": {"room": "attic", "text": "hi"}}, "expect": {"refusal": {"code": "chat.not_member", "message": "subscribe to chat.attic first"}}},
    {"event": {"event": "chat.send", "data": {"room": "attic", "text": "hi"}}, "expect": {"refusal":  {"code": "chat.not_member"}}}
  ]
}`

func TestUpdate(t *testing.T) {
	text, err := Update([]byte(outdated), played(t, outdated))
	if err != nil || string(text) != updated {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, p := range played(t, updated) {
		if len(p.Differences) > 0 {
			t.Errorf("%s: %v", p, p.Differences)
		}
	}
	for src, want := range map[string]string{
		`{"event": {"event": "chat.send", "data": 1}}`:                                  `step 1 (message chat.send) has no "expect"`,
		`{"event": {"event": "none.of.it"}, "expect": {"answer": 1}}`:                   "chat.toml does not send this event to the plugin",
		`{"event": {"event": "chat.send", "time": -1, "data": 1}, "expect": {"kv":{}}}`: "",
	} {
		text, err := Update([]byte(src), played(t, src))
		if want == "" && err == nil && strings.Contains(string(text), `"expect": {"refusal": {"code": "bad_request", "message": `) {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || want == "" {
			t.Errorf("%s: %s, %v", src, text, err)
		}
	}
}

// Wherever an "expect" stands, its place is found, and is JSON.
func FuzzExpectSpans(f *testing.F) {
	f.Add([]byte(outdated))
	f.Add([]byte(`{"event":{},"expect" : {"kv":{"a":[1,{"expect":2}]}} }`))
	f.Add([]byte(`{"steps":[{},{"expect":null},[],1,{"expect":{},"expect":{}}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		spans, err := expectSpans(src)
		if err != nil {
			return
		}
		for _, s := range spans {
			if s.to != 0 && !json.Valid(src[s.from:s.to]) {
				t.Errorf("%d to %d of %s", s.from, s.to, src)
			}
		}
	})
}
