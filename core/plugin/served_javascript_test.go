package plugin_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/driplet/driplet/cmd/driplet/build/javascript"
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
	"github.com/driplet/driplet/plugins"
)

const roomScript = `import { admit, fail, kv, on, onPublish, onSubscribe, presence, publish, replace } from "driplet";

onSubscribe((e) => kv.get("ban/" + e.topic + "/" + e.user) ? fail("room.banned", "you were put out of this room") : admit({ name: e.user }));

on("room.send", (e) => {
  const t = "room." + e.data.room;
  if (!e.subscribed(t)) fail("room.not_member", "enter the room first");
  const id = kv.incr("seq/" + t), message = { id, from: e.user, text: e.data.text };
  kv.set("msg/" + t + "/" + String(id).padStart(12, "0"), message, { ttl: "7d" });
  publish(t, message, { event: "room.message" });
  return { id };
});

on("room.who", (e) => presence("room." + e.data.room).members.map((m) => m.info.name).sort());
on("room.ban", (e) => { kv.set("ban/room." + e.data.room + "/" + e.data.user, true); });
on("room.broken", (e) => e.data.no.such);
on("room.async", async () => 1);
on("room.loop", () => { for (;;) {} });

onPublish((e) => e.data.text === "darn" ? replace({ ...e.data, text: "****" }) : undefined);
`

const roomManifest = `name = "room"
version = "1.0.0"
abi = 1
events = ["room.*"]
topics = ["room.*"]
hooks = ["subscribe", "publish"]
[capabilities]
publish = ["room.*"]
presence = ["room.*"]
kv = "8 MiB"
[limits]
deadline = "3s" # a busy machine is no fault of the plugin
`

// javascriptPlugin builds a script.
func javascriptPlugin(t *testing.T, script string) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.ts"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	engine, err := javascript.Engine(t.Context(), javascript.Source{File: "../../plugins/node_modules/quickjs-wasi/quickjs.wasm"})
	if err != nil {
		t.Fatalf("%v\nIf it is missing, run `make tools`.", err)
	}
	library, adapter := plugins.JavaScript()
	wasm, _, err := javascript.Build(javascript.Options{Dir: dir, Entry: "main.ts", Engine: engine, Library: library, Adapter: adapter})
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// A plugin in TypeScript on a whole server: it admits, answers, publishes,
// changes what is published, and fails for nobody but who asked.
func TestJavaScriptServed(t *testing.T) {
	match, err := core.ParsePattern("room.*")
	if err != nil {
		t.Fatal(err)
	}
	src := fstest.MapFS{"room.toml": {Data: []byte(roomManifest)}, "room.wasm": {Data: javascriptPlugin(t, roomScript)}}
	s := testkit.Start(t, testkit.Options{Plugins: src, Endpoint: func(e *core.Endpoint) {
		e.Plugins = []string{"room"}
		e.Topics = []core.TopicRule{{Match: match, Subscribe: core.AccessPlugin, Publish: core.AccessPlugin}}
		e.Limits.EventsPerSecond = 100_000
	}})
	s.Witness()
	alice, bob := s.V2(s.User("alice")), s.V2(s.User("bob"))
	ask := func(w *testkit.Socket, id int, event, data, want string) {
		t.Helper()
		if r := w.Ask(fmt.Sprintf(`{"type":"event","event":%q,"data":%s,"id":%d}`, event, data, id)); !strings.Contains(r, want) {
			t.Errorf("%s %s: %s, want %s", event, data, r, want)
		}
	}
	ask(alice, 1, "room.send", `{"room":"lobby","text":"hello"}`, `"code":"room.not_member"`)
	alice.Subscribe("room.lobby")
	bob.Subscribe("room.lobby")
	ask(alice, 2, "room.who", `{"room":"lobby"}`, `["alice","bob"]`)
	for n := 1; n <= 20; n++ {
		ask(alice, 10+n, "room.send", fmt.Sprintf(`{"room":"lobby","text":"line %d"}`, n), fmt.Sprintf(`"data":{"id":%d}`, n))
		if f := bob.Wait("room.message"); !strings.Contains(f, fmt.Sprintf(`"text":"line %d"`, n)) {
			t.Fatal(f)
		}
	}
	ask(alice, 40, "room.ban", `{"room":"attic","user":"bob"}`, `"data":null`)
	if r := bob.Ask(`{"type":"subscribe","topic":"room.attic","id":41}`); !strings.Contains(r, `"code":"room.banned"`) {
		t.Error(r)
	}
	if r := alice.Ask(`{"type":"publish","topic":"room.lobby","message":{"text":"darn","by":"alice"},"id":42}`); !strings.Contains(r, `"reply"`) {
		t.Error(r)
	}
	if f := bob.Wait("****"); !strings.Contains(f, `{"text":"****","by":"alice"}`) {
		t.Error(f)
	}
	// A loop and errors, while others go on.
	var group sync.WaitGroup
	group.Go(func() { ask(bob, 50, "room.loop", `{}`, `"code":"plugin_failed"`) })
	ask(alice, 51, "room.broken", `{}`, `"code":"plugin_failed"`)
	ask(alice, 52, "room.async", `{}`, `"code":"plugin_failed"`)
	ask(alice, 53, "room.send", `{"room":"lobby","text":"still here"}`, `"data":{"id":21}`)
	group.Wait()
	logged := strings.ReplaceAll(s.Log.String(), `\"`, `"`)
	for _, want := range []string{
		`it did not end within its deadline of 3s, at a fuel of `, `; it ran the handler of "room.loop". Do less in one event`,
		`Error: handlers are synchronous; use http.fetch(request, {then, state}) (the handler of "room.async")`,
	} {
		if !strings.Contains(logged, want) {
			t.Errorf("missing %q in %s", want, logged)
		}
	}
}
