package plugins_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/driplet/driplet/core/plugin/plugintest"
)

type object = map[string]any

// runLarge runs a case of one step or more that is too long to write down,
// against a bundled plugin.
func runLarge(t *testing.T, name string, c object) {
	t.Helper()
	src, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := plugintest.RunCase(t.Context(), os.DirFS(name), name, src, t.TempDir()); err != nil {
		t.Error(err)
	}
}

// A room full of long messages and long names still fits into an answer of
// 64 KiB: as many messages as fit, the newest.
func TestChatAnswerFits(t *testing.T) {
	long := strings.Repeat("€", 2000) // 6,000 bytes each, of which 44 KiB hold seven
	kv, members := object{}, []object{}
	var newest []object
	for i := 1; i <= 50; i++ {
		m := object{"id": i, "from": "8", "name": "Bob", "text": long, "at": i}
		kv[fmt.Sprintf("msg/chat.lobby/%012d", i)] = m
		if i > 43 {
			newest = append(newest, m)
		}
	}
	for i := range 300 {
		members = append(members, object{"id": fmt.Sprintf("user-%0100d", i), "info": object{"name": strings.Repeat("é", 100)}})
	}
	runLarge(t, "chat", object{
		"kv": kv, "subscribed": object{"chat.lobby": []string{"session-7"}}, "members": object{"chat.lobby": members},
		"event": object{"event": "chat.enter", "data": object{"room": "lobby"}},
		"expect": object{"answer": object{
			"room": "lobby", "you": object{"id": "7", "name": "7"}, "moderator": false, "members": "<any>", "count": 300,
			"messages": newest, "limits": object{"text": 2000},
		}},
	})
}

// The longest text that may be sent fits into a message, whatever it is made of.
func TestChatLongestText(t *testing.T) {
	for _, text := range []string{strings.Repeat("€", 16000), strings.Repeat(`"`, 16000), strings.Repeat("a\n", 8000) + "a", strings.Repeat("😀", 8000)} {
		c := object{
			"config": object{"max_text": 1000000}, "subscribed": object{"chat.lobby": []string{"session-7"}},
			"event":  object{"event": "chat.send", "data": object{"room": "lobby", "text": text}},
			"expect": object{"answer": object{"id": 1}},
		}
		if len(text) == 16001 {
			c["expect"] = object{"refusal": object{"code": "bad_request", "message": "text has 16001 characters, the limit is 16000"}}
		}
		runLarge(t, "chat", c)
	}
}

// A user's id that keys cannot hold is refused, and cannot be put out.
func TestChatLongUser(t *testing.T) {
	long := strings.Repeat("u", 301)
	runLarge(t, "chat", object{"steps": []object{
		{
			"event":  object{"kind": "subscribe", "topic": "chat.lobby", "user": long},
			"expect": object{"refusal": object{"code": "bad_request", "message": "the user's id is longer than 300 bytes"}},
		},
		{
			"event":  object{"kind": "unsubscribe", "topic": "chat.lobby", "user": long},
			"expect": object{},
		},
		{
			"subscribed": object{"chat.lobby": []string{"session-7"}},
			"event":      object{"event": "chat.kick", "claims": object{"roles": "moderator"}, "data": object{"room": "lobby", "user": strings.Repeat("ü", 300)}},
			"expect":     object{"refusal": object{"code": "bad_request", "message": "user is longer than 300 bytes"}},
		},
	}})
}

// More visitors than one scan lists are counted all the same.
func TestAnalyticsManyVisitors(t *testing.T) {
	kv := object{}
	const first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range 1500 {
		kv[fmt.Sprintf("on/%c%021d", first[i%len(first)], i)] = fmt.Sprintf("/page%d", i%3)
	}
	snapshot := func(at int64, visitors int) object {
		return object{"answer": object{
			"at": at, "visitors": visitors, "minute": 0, "total": 0, "referrers": []any{}, "minutes": "<any>", "seconds": "<any>",
			"pages": []object{{"page": "/page0", "views": 0, "visitors": 500}, {"page": "/page1", "views": 0, "visitors": 500}, {"page": "/page2", "views": 0, "visitors": 500}},
		}}
	}
	ask := func(at int64) object { return object{"event": "analytics.snapshot", "time": at} }
	runLarge(t, "analytics", object{"config": object{"roles": []string{}}, "kv": kv, "steps": []object{
		{"event": ask(1700000000000), "expect": snapshot(1700000000000, 1500)},
		{"event": object{"kind": "disconnect", "session": fmt.Sprintf("A%021d", 0)}, "expect": object{}},
		// Counted every 5 s: until then the count stands.
		{"event": ask(1700000002000), "expect": snapshot(1700000002000, 1500)},
		{"event": ask(1700000006000), "expect": object{"answer": object{
			"at": 1700000006000, "visitors": 1499, "minute": 0, "total": 0, "referrers": []any{}, "minutes": "<any>", "seconds": "<any>", "pages": "<any>",
		}}},
	}})
}
