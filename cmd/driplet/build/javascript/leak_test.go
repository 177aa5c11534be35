package javascript_test

import (
	"context"
	"io/fs"
	"log/slog"
	"testing"
	"testing/fstest"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/cases"
	"github.com/driplet/driplet/core/target"
)

const leakScript = `import { disconnect, fail, history, http, kv, log, metric, now, on, presence, publish, random, reply, defer, session, subscribe, subscribed, timer, unsubscribe, user } from "driplet";

on("x.all", (e) => {
  const fields = [e.event, e.topic, e.session, e.user, e.request, e.claims, e.time, e.data, e.account, e.endpoint, e.state, e.status, e.headers, e.body, e.method, e.query, e.target];
  publish("x.t", { fields }, { event: "x.e", except: "s", id: "i", target: { include: {} }, history: false });
  subscribe(e.session, "x.t", { a: 1 });
  unsubscribe([user("1"), session("2")], "x.t", "why");
  disconnect(session(e.session), "why");
  kv.set("a", { b: [1, "ü", null] }, { ttl: "7d" });
  kv.text.set("b", "text");
  kv.cas("c" + random(2).join(), null, 1);
  kv.incr("n", 1);
  kv.delete("d");
  http.fetch({ url: "https://api.example.com/", body: { a: 1 }, headers: { x: "y" } }, { then: "t", state: [1] });
  timer.set("t", now() + 1000, { a: 1 });
  log.info("line", { a: 1 });
  metric("m", 1);
  const handle = defer();
  if (handle) reply(handle, "early");
  return [subscribed(e.session, "x.t"), e.subscribed("x.t"), presence("x.t").count, history("x.h", { limit: 3, since: { ...history("x.h").head, offset: 1 } }).events, kv.get("a"), kv.get("none"), kv.scan("", 10).length, kv.text.scan("b")];
});
on("x.refused", () => fail("x.no", "no", { a: 1 }));
on("x.caught", () => {
  try { kv.get(""); } catch (e: any) { return e.message; }
});
on("x.cycle", () => {
  const a: any = {}, b = { a, text: "x".repeat(1000) };
  a.b = b;
});
`

// Events leave nothing behind in an instance: one with little memory handles as
// many as would fill it many times over, if each left 100 bytes (an instance takes about 1,500 KiB).
func TestNothingLeaks(t *testing.T) {
	h := plugin.NewHost(plugin.Options{
		Sources: []fs.FS{fstest.MapFS{"x.toml": {Data: []byte(`name = "x"
version = "1.0.0"
abi = 1
events = ["x.*"]
` + granted + `[limits]
memory = "1600 KiB"
instances = 1
`)}, "x.wasm": {Data: tried(t, 0)}}},
		CacheDir: compiled, Store: new(cases.Store), ParseTarget: target.Parse, Log: slog.New(slog.DiscardHandler), LeastDeadline: plugin.MaxDeadline, Manual: true,
	})
	defer func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := h.Load(t.Context(), []*core.Endpoint{{Name: cases.Endpoint, Plugins: []string{"x"}}}); err != nil {
		t.Fatal(err)
	}
	services := new(cases.Services)
	past := core.Past{Head: core.Position{Epoch: "e"}}
	for range 5 {
		past.Head.Offset++
		past.Events = append(past.Events, &core.Event{Pos: past.Head, Name: "x.e", From: "7", Data: []byte(`{"a":[1,"ü"]}`), Target: &core.Target{Raw: []byte(`{"all":{}}`)}})
	}
	services.SetHistory(map[string]core.Past{"x.h": past})
	if err := h.Start(context.WithoutCancel(t.Context()), services); err != nil {
		t.Fatal(err)
	}
	for n := range 1000 {
		for _, event := range []string{"all", "refused", "caught", "cycle"} {
			_, err := h.Decide(t.Context(), &core.ClientEvent{
				Kind: core.HookMessage, Endpoint: cases.Endpoint, Event: "x." + event, Session: "s", User: "7", Request: "1",
				Claims: &core.Claims{User: "7", Custom: []byte(`{"name":"Ada"}`)}, Data: []byte(`{"room":"lobby","list":[1,2,{"a":"ü"}]}`),
			})
			if err != nil && core.AsError(err).Code != "x.no" {
				t.Fatalf("event %d, %s: %v", n, event, err)
			}
		}
	}
}

// granted is what leakScript needs.
const granted = `[capabilities]
publish = ["x.*"]
presence = ["x.*"]
history = ["x.*"]
subscribe = ["*"]
kv = "8 MiB"
http = ["https://api.example.com/"]
`
