package plugin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/internal/testkit"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// serve runs a whole server with these plugins on its endpoint.
func serve(t *testing.T, plugs map[string]plug, change func(*core.Endpoint)) *testkit.Server {
	src := fstest.MapFS{}
	var names []string
	for name, p := range plugs {
		names = append(names, name)
		src[name+".toml"] = &fstest.MapFile{Data: fmt.Appendf(nil, "name = %q\nversion = \"1.2.0\"\nabi = 1\n%s", name, p.manifest)}
		src[name+".wasm"] = &fstest.MapFile{Data: p.wasm}
	}
	return testkit.Start(t, testkit.Options{Plugins: src, Endpoint: func(e *core.Endpoint) {
		e.Plugins = names
		change(e)
	}})
}

// TestPublishHooksOnSockets: clients of both versions hear what the filters
// made of a message, whoever published it.
func TestPublishHooksOnSockets(t *testing.T) {
	match, err := core.ParsePattern("room.*")
	if err != nil {
		t.Fatal(err)
	}
	hook := func(topic string) string {
		return "topics = [\"room." + topic + "\"]\nhooks = [\"publish\"]\n[limits]\ndeadline = \"10s\"\n"
	}
	s := serve(t, map[string]plug{
		"mask": {hook("mask"), newGuest().answer("\x02\"***\"", false)},
		"one":  {hook("one"), newGuest().answer("\x03{\"include\":{\"uid\":\"bob\"}}", false)},
		"drop": {hook("drop"), newGuest().answer("\x01", false)},
		"no":   {hook("no"), newGuest().answer(`{"code":"no.way","message":"not that","data":{"why":1}}`, true)},
		"trap": {hook("trap"), newGuest().finish(asm.Unreachable)},
		"bad":  {hook("bad"), newGuest().answer("\x03{\"inclde\":{}}", false)}, // a typo is no broadcast
	}, func(e *core.Endpoint) { e.Topics = []core.TopicRule{{Match: match, Publish: core.AccessPlugin}} })
	alice, bob, old := s.V2(s.User("alice")), s.V2(s.User("bob")), s.V1(s.User("bob"))
	for _, topic := range []string{"mask", "one", "drop", "no", "trap", "bad", "free"} {
		alice.Subscribe("room." + topic)
		bob.Subscribe("room." + topic)
		old.Say(fmt.Sprintf(`{"type":"subscribe","topic":"room.%s"}`, topic))
	}
	ids := 100
	publish := func(topic string) string {
		ids++
		return alice.Ask(fmt.Sprintf(`{"type":"publish","topic":"room.%s","message":"hello","id":%d}`, topic, ids))
	}
	testkit.Until(t, "the old client's subscriptions", func() bool { return s.Metric("driplet_subscriptions") == 21 })
	for topic, want := range map[string]string{
		"drop": `"reply"`, "no": `"error":{"code":"no.way","message":"not that","retry":false,"data":{"why":1}}`,
		"trap": `"plugin_failed"`, "bad": `"plugin_failed"`, "free": "no plugin here allows it", "mask": `"reply"`,
	} {
		if got := publish(topic); !strings.Contains(got, want) {
			t.Errorf("%s: %s", topic, got)
		}
	}
	for name, w := range map[string]*testkit.Socket{"version 2": bob, "version 1": old} {
		if got := w.Next().Payload; !strings.Contains(string(got), `"message":"***"`) {
			t.Errorf("%s heard %s", name, got)
		}
	}
	// A backend's.
	for topic, status := range map[string]int{"drop": 200, "no": 422, "trap": 502, "bad": 502, "one": 200} {
		a := s.Post(testkit.Body(fmt.Sprintf(`"topic":"room.%s","message":"from outside"`, topic)))
		if a.Status != status {
			t.Errorf("%s: %d %s", topic, a.Status, a.Body)
		}
	}
	s.Publish("room.free", `"last"`)
	if got := bob.Next().Payload; !strings.Contains(string(got), "from outside") || !strings.Contains(string(got), `"topic":"room.one"`) {
		t.Errorf("bob heard %s", got)
	}
	for name, w := range map[string]*testkit.Socket{"alice": alice, "bob": bob} {
		if got := w.Next().Payload; !strings.Contains(string(got), `"last"`) {
			t.Errorf("%s heard %s", name, got)
		}
	}
	testkit.Until(t, "2 messages that were dropped are counted", func() bool { return s.Metric(`driplet_filtered_total{endpoint="default"}`) == 2 })
}

// request signs a request to a plugin as a whole.
func request(s *testkit.Server, plugin, query, body string, header ...string) testkit.Answer {
	r := auth.Request{Method: "POST", URI: "/hook/default/" + plugin + query, Body: []byte(body), Nonce: fmt.Sprint(time.Now().UnixNano()), Timestamp: fmt.Sprint(time.Now().Unix())}
	header = append(header, auth.HeaderTimestamp, r.Timestamp, auth.HeaderNonce, r.Nonce, auth.HeaderSignature, auth.SignRequest(testkit.APISecret, r))
	return s.Do("POST", r.URI, strings.NewReader(body), header...)
}

// TestRequestsOnSockets: a backend talks to a plugin.
func TestRequestsOnSockets(t *testing.T) {
	slow := "[limits]\ndeadline = \"10s\"\n"
	deferring := newGuest("defer", "reply").call("defer").call("reply", result{}, text(`{"late":true}`)).answer("", false)
	silent := newGuest("defer").call("defer").answer("", false)
	acts := newGuest("publish").call("publish", text("news"), text(`"from the plugin"`), text(""), text("")).answer("", false)
	s := serve(t, map[string]plug{
		"echo":   {"hooks = [\"http\"]\n" + slow, echo()},
		"no":     {"hooks = [\"http\"]\n" + slow, newGuest().answer(`{"code":"no.way","message":"not that"}`, true)},
		"trap":   {"hooks = [\"http\"]\n" + slow, newGuest().finish(asm.Unreachable)},
		"defers": {"hooks = [\"http\"]\n" + slow, deferring},
		"silent": {"hooks = [\"http\"]\n" + slow + "reply_timeout = \"1ms\"\n", silent},
		"acts":   {"hooks = [\"http\"]\n[capabilities]\npublish = [\"news\"]\n" + slow, acts},
		"header": {"hooks = [\"http\"]\n" + slow, echoField(12)},
		"query":  {"hooks = [\"http\"]\n" + slow, echoField(15)},
		"shut":   {"events = [\"shut.*\"]\n" + slow, echo()},
	}, func(*core.Endpoint) {})
	w := s.V2(s.User("ann"))
	w.Subscribe("news")
	for plugin, want := range map[string]struct {
		status int
		text   string
	}{
		"echo": {200, `{"status":"ok","data":{"a":1}}`}, "no": {422, `"code":"no.way"`}, "trap": {502, "plugin_failed"},
		"defers": {200, `{"status":"ok","data":{"late":true}}`}, "silent": {504, `"code":"timeout"`},
		"acts": {200, `{"status":"ok","data":null}`}, "shut": {404, `write \"http\" into hooks`}, "missing": {404, "list it in Plugins"},
	} {
		if a := request(s, plugin, "?x=1", `{"a":1}`, "Content-Type", "application/json"); a.Status != want.status || !strings.Contains(a.Body, want.text) {
			t.Errorf("%s: %d %s", plugin, a.Status, a.Body)
		}
	}
	w.Wait("from the plugin")
	if a := request(s, "header", "", "", "Content-Type", "text/plain", "User-Agent", "cms", "Cookie", "secret"); a.Body != `{"status":"ok","data":{"content-type":"text/plain","user-agent":"cms"}}` {
		t.Errorf("headers: %s", a.Body)
	}
	if a := request(s, "query", "?17", ""); a.Body != `{"status":"ok","data":17}` {
		t.Errorf("query: %s", a.Body)
	}
	if a := s.Do("POST", "/hook/default/echo", strings.NewReader(`1`)); a.Status != http.StatusUnauthorized || a.Error().Reason != core.ReasonSignatureMissing {
		t.Errorf("unsigned: %d %s", a.Status, a.Body)
	}
	if a := s.Do("POST", "/hook/default/echo", strings.NewReader(`1`), auth.HeaderSignature, auth.SignBody(testkit.APISecret, []byte(`1`))); a.Status != http.StatusUnauthorized {
		t.Errorf("signed by its body: %d %s", a.Status, a.Body)
	}
	if a := s.Do("POST", "/hook/nowhere/echo", strings.NewReader(`1`)); a.Status != http.StatusNotFound {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := s.Do("GET", "/hook/default/echo", nil); a.Status != http.StatusMethodNotAllowed {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := request(s, "echo", "", strings.Repeat("1", core.MaxHookBytes+1)); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := request(s, "echo", "", strings.Repeat("1", core.MaxHookBytes)); a.Status != http.StatusBadGateway {
		t.Errorf("an answer over the limit: %d %s", a.Status, a.Body) // the guest is too small for it
	}
}
