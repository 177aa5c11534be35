package plugins_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/driplet/driplet/core/plugin/plugintest"
)

const fieldsManifest = `name = "fields"
version = "1.0.0"
abi = 1
events = ["fields.*"]
[capabilities]
publish = ["fields.*"]
subscribe = ["fields.*"]
kv = "8 MiB"
http = ["https://api.example.com/"]
[limits]
deadline = "5s" # a slow machine is no fault of the library
[config]
greeting = "hello"
`

// What the JavaScript library offers beyond the conformance suite.
func TestFieldsOfJavaScript(t *testing.T) {
	step := func(event string, data any, expect object) object {
		return object{"event": object{"event": "fields." + event, "data": data}, "expect": expect}
	}
	kv := func(value any) object {
		return object{"answer": value, "effects": []object{{"op": "kv_set", "key": "k", "value": value, "ttl": 7 * 86400_000}}}
	}
	fetched := func(more object) object {
		effect := object{"op": "http_fetch", "method": "POST", "url": "https://api.example.com/"}
		for k, v := range more {
			effect[k] = v
		}
		return object{"answer": true, "effects": []object{effect}}
	}
	published := func(data ...any) object {
		return object{"effects": []object{{"op": "publish", "topic": "fields.t", "data": data}}}
	}
	came := func(kind, state string, more object) object {
		event := object{"kind": kind, "state": state}
		for k, v := range more {
			event[k] = v
		}
		return event
	}
	const mark = "\x01"
	nested := object{"a": []any{1, "x", nil, true, 1.5}, "é": "€😀"}
	cases := fieldsCases()
	all := map[string][]object{
		"fields":   append(cases["fields"], step("deep", object{"user": object{"names": []string{"a", "b"}}}, object{"answer": "b"}), step("deep", object{"user": nil}, object{"refusal": object{"code": "bad_request", "message": "user.names.1 must be a string"}})),
		"patterns": cases["patterns"],
		"kv": {
			step("kv", nested, kv(nested)), step("kv", []any{}, kv([]any{})), step("kv", 0, kv(0)),
			step("text", nil, object{"answer": []any{"no { json", "no { json", nil, 1}}),
			step("cas", nil, object{"answer": []any{true, false, true, []object{{"key": "c", "value": object{"n": 2}}}, true, []any{}}}),
			step("ttl", "30s", object{"effects": []object{{"op": "kv_set", "key": "k", "value": 1, "ttl": 30000}}}),
			step("ttl", 5, object{"effects": []object{{"op": "kv_set", "key": "k", "value": 1, "ttl": 5}}}),
			step("ttl", "soon", object{"failure": `kv.set: "soon" is no time: write 500ms, 30s, 10m, 2h or 7d`}),
			step("ttl", 0.5, object{"effects": []object{{"op": "kv_set", "key": "k", "value": 1, "ttl": 1}}}),
			step("lasting", 5000, object{"failure": "kv.set: a lifetime is given as { ttl: 5000 }"}),
			step("lasting", "7d", object{"failure": `kv.set: a lifetime is given as { ttl: "7d" }`}),
			step("incr", 1.5, object{"failure": "kv.incr: 1.5 is no whole number"}), step("incr", "2", object{"failure": "kv.incr: 2 is no whole number"}), step("incr", 2, object{"answer": 2}),
			step("never", nil, object{"failure": `kv.set: NaN is no time: write milliseconds, or 500ms, 30s, 10m, 2h or 7d`}),
			step("undefined", nil, object{"effects": []object{{"op": "publish", "topic": "fields.t", "data": object{"b": []any{nil}}}}}),
		},
		"later": {
			step("fetch", object{"request": object{"body": object{"a": 1}}, "to": object{"then": "answered", "state": nested}},
				fetched(object{"headers": object{"content-type": "application/json"}, "body": `{"a":1}`, "state": "<any>"})),
			step("fetch", object{"request": object{"body": "text", "headers": object{"x": "y"}, "signed": true}, "to": object{"state": "plain"}},
				fetched(object{"headers": object{"x": "y"}, "body": "text", "state": "plain", "signed": true})),
			step("fetch", object{"request": object{}}, fetched(nil)),
			step("url", "https://api.example.com/", object{"failure": "http.fetch: the request has no url"}), step("url", nil, object{"failure": "http.fetch: the request has no url"}),
			{"event": object{"event": "fields.nobody", "request": nil}, "expect": object{"answer": false}},
			step("callback", nil, object{"failure": "then is a handler's name"}),
			{"event": came("http", mark+`["answered",{"n":1}]`, object{"status": 200, "body": `{"ok":true}`}), "expect": published("answered", 200, object{"ok": true}, object{"n": 1})},
			{"event": came("http", mark+`["answered",null]`, object{"status": 200, "body": "no { json"}), "expect": published("answered", 200, nil, nil)},
			{"event": came("http", mark+`["gone",5]`, object{"status": 200, "body": "x"}), "expect": published("other", "x", 5)},
			{"event": came("http", "plain", object{"status": 404, "body": ""}), "expect": published("other", "", "plain")},
			step("timer", object{"n": 1}, object{"effects": []object{{"op": "timer_set", "name": "t", "at": 5, "state": mark + `["",{"n":1}]`}}}),
			step("at", "10s", object{"failure": `timer.set: "10s" is no time: write milliseconds since 1970, like now() + 10_000`}),
			step("at", -5, object{"effects": []object{{"op": "timer_set", "name": "t", "at": 1}}}),
			step("timer", "plain", object{"effects": []object{{"op": "timer_set", "name": "t", "at": 5, "state": "plain"}}}),
			{"event": came("timer", mark+`["",{"n":1}]`, object{"event": "t"}), "expect": published("t", object{"n": 1})},
		},
		"rest": {
			step("refusal", nil, object{"refusal": object{"code": "fields.no", "message": "not now", "data": object{"in": 5}}}),
			step("late", nil, object{"refusal": object{"code": "fields.no"}, "effects": []object{{"op": "publish", "topic": "fields.t", "data": 1}}}),
			step("rethrown", nil, object{"answer": "RangeError", "logs": []string{`caught RangeError: inner {"n":1} undefined`, "a 1"}}),
			step("list", nil, object{"effects": []object{{"op": "unsubscribe", "topic": "fields.t", "users": []string{"1", "2"}, "reason": "go"}}}),
			step("json", nil, object{"answer": object{"wrong": []any{}, "most": true}}),
			step("within", nil, object{"effects": []object{{"op": "publish", "topic": "fields.in", "data": 1}, {"op": "publish", "topic": "fields.out", "data": 2}}}),
			step("again", nil, object{"answer": 1}), step("again", nil, object{"answer": 1}), // two instances, in turns
			step("again", nil, object{"answer": 2}), step("again", nil, object{"answer": 2}),
			step("then", 5, object{"answer": object{"then": 5}}), step("then", nil, object{"failure": "handlers are synchronous"}),
			step("log", nil, object{"logs": []string{"[object Object] 5 5 {} Error: e null"}}),
			step("elsewhere", "fetch('x')", object{"failure": `ReferenceError: fetch is not defined: use http.fetch(request, { then, state }) of "driplet"`}),
			step("elsewhere", "setTimeout(1, 2)", object{"failure": "ReferenceError: setTimeout is not defined: use timer.set(name, now() + 1000)"}),
			step("elsewhere", "process.env", object{"failure": "ReferenceError: process is not defined: a plugin has neither a browser nor Node"}),
			step("elsewhere", "mine()", object{"failure": "ReferenceError: mine is not defined"}),
			step("whole", "all of it", object{"answer": "all of it"}), step("whole", 5, object{"refusal": object{"code": "bad_request"}}),
			step("bare", nil, object{"answer": object{"a": 1}}),
			step("random", nil, object{"answer": 3}),
			step("config", nil, object{"answer": []string{"greeting"}}),
			step("frozen", object{"n": 1}, object{"answer": []any{2, true}}),
		},
	}
	for i := range 200 { // more names than the adapter knows, and some of them again
		name := fmt.Sprint("some.", i*i%150, strings.Repeat("x", i%60))
		all["names"] = append(all["names"], step(name, nil, object{"answer": "some fields." + name}))
	}
	source := fstest.MapFS{"fields.toml": {Data: []byte(fieldsManifest)}, "fields.wasm": {Data: buildJavaScript(t, "testdata/javascript", "main.ts")}}
	cache := t.TempDir()
	for name, steps := range all {
		src, err := json.Marshal(object{"kv": object{"text": "no { json", "json": object{"a": 1}}, "steps": steps})
		if err != nil {
			t.Fatal(err)
		}
		if err := plugintest.RunCase(t.Context(), source, "fields", src, cache); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
