package plugin_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
)

const pastScript = `import { history, on, publish } from "driplet";

on("room.say", (e) => publish("room." + e.data.room, { text: e.data.text }, { event: "room.message", ...e.data.options }));

on("room.past", (e) => {
  const past = history("room." + e.data.room, e.data.options);
  return { ...past, events: past.events.map((m) => m.data.text + (m.target ? " to some" : "")).join() };
});

on("room.elsewhere", () => history("elsewhere"));

on("room.say_and_look", (e) => {
  publish("room." + e.data.room, { text: "mine" });
  return history("room." + e.data.room).events.length;
});
`

const pastManifest = `name = "room"
version = "1.0.0"
abi = 1
events = ["room.*"]
[capabilities]
publish = ["room.*"]
history = ["room.*"]
[limits]
deadline = "5s" # a busy machine is no fault of the plugin
`

// asker is a client of the plugin.
type asker struct {
	*testkit.Socket
	t  *testing.T
	id int
}

func (a *asker) ask(event, data string) string {
	a.id++
	return a.Ask(fmt.Sprintf(`{"type":"event","event":"room.%s","data":%s,"id":%d}`, event, data, a.id))
}

// toldPast is what room.past answers.
type toldPast struct {
	Kept, Whole, More bool
	Head, Next        struct {
		Epoch  string
		Offset uint64
	}
	Events string
}

// past asks for the history of a room.
func (a *asker) past(room, options string) (p toldPast) {
	a.t.Helper()
	frame := a.ask("past", fmt.Sprintf(`{"room":%q,"options":%s}`, room, options))
	reply := struct{ Data *toldPast }{&p}
	if err := json.Unmarshal([]byte(frame), &reply); err != nil || !strings.Contains(frame, `"reply"`) {
		a.t.Fatalf("%s: %v", frame, err)
	}
	return p
}

// A plugin answers clients with what topics have kept of what it and a backend
// published: on its own endpoint, on the topics that it is granted.
func TestHistoryServed(t *testing.T) {
	rules := func(e *core.Endpoint) {
		for _, r := range []struct {
			match string
			size  int
		}{{"room.loose", 0}, {"*", 5}} {
			match, err := core.ParsePattern(r.match)
			if err != nil {
				t.Fatal(err)
			}
			e.Topics = append(e.Topics, core.TopicRule{Match: match, History: core.History{Size: r.size}})
		}
		e.Plugins, e.Limits.EventsPerSecond = []string{"room"}, 100_000
	}
	shop := &core.Endpoint{Name: "shop", JWTKeys: []core.Credential{{ID: "c", Secret: testkit.JWTSecret}}, Limits: core.DefaultLimits}
	rules(shop)
	src := fstest.MapFS{"room.toml": {Data: []byte(pastManifest)}, "room.wasm": {Data: javascriptPlugin(t, pastScript)}}
	s := testkit.Start(t, testkit.Options{Plugins: src, Endpoint: rules, More: []*core.Endpoint{shop}})
	ada := &asker{Socket: s.V2(s.User("ada")), t: t}
	bob := s.V2(s.User("bob"))
	bob.Subscribe("room.lobby")

	if p := ada.past("lobby", "{}"); !p.Kept || !p.Whole || p.Head.Epoch == "" || p.Next.Offset != 0 || p.Events != "" {
		t.Errorf("nothing yet: %+v", p)
	}
	s.Publish("room.lobby", `{"text":"backend 1"}`)
	for _, c := range []struct{ text, options string }{
		{"plugin", `{}`}, {"not kept", `{"history":false}`}, {"for bob", `{"target":{"include":{"uid":"bob"}}}`},
	} {
		if r := ada.ask("say", fmt.Sprintf(`{"room":"lobby","text":%q,"options":%s}`, c.text, c.options)); !strings.Contains(r, `"reply"`) {
			t.Fatal(r)
		}
	}
	s.Publish("room.lobby", `{"text":"backend 2"}`)
	for _, text := range []string{"backend 1", "plugin", "not kept", "for bob", "backend 2"} { // what is not kept is heard
		bob.Wait(text)
	}

	all := ada.past("lobby", "{}")
	if all.Events != "backend 1,plugin,for bob to some,backend 2" || all.More || all.Next.Offset != 4 || all.Next != all.Head {
		t.Errorf("all: %+v", all)
	}
	if p := ada.past("lobby", `{"limit":2}`); p.Events != "for bob to some,backend 2" || p.Next.Offset != 4 {
		t.Errorf("the newest two: %+v", p)
	}
	since := func(epoch string, offset uint64, limit int) toldPast {
		return ada.past("lobby", fmt.Sprintf(`{"limit":%d,"since":{"epoch":%q,"offset":%d}}`, limit, epoch, offset))
	}
	if p := since(all.Head.Epoch, 1, 2); p.Events != "plugin,for bob to some" || !p.Whole || !p.More || p.Next.Offset != 3 {
		t.Errorf("two after the first: %+v", p)
	}
	if p := since(all.Head.Epoch, 3, 9); p.Events != "backend 2" || !p.Whole || p.More {
		t.Errorf("the rest: %+v", p)
	}
	if p := since("other", 3, 1); p.Events != "backend 2" || p.Whole {
		t.Errorf("another epoch: %+v", p)
	}
	if r := ada.ask("say_and_look", `{"room":"lobby"}`); !strings.Contains(r, `"data":4`) {
		t.Errorf("what an event publishes is there in the same event: %s", r)
	}
	s.Publish("room.lobby", `{"text":"backend 3"}`)
	if p := since(all.Head.Epoch, 0, 9); p.Whole || p.Head.Offset != 6 || strings.Contains(p.Events, "backend 1") || !strings.HasSuffix(p.Events, "mine,backend 3") {
		t.Errorf("no longer kept: %+v", p)
	}

	ada.ask("say", `{"room":"loose","text":"gone"}`)
	if p := ada.past("loose", "{}"); p.Kept || p.Events != "" {
		t.Errorf("a topic that keeps none: %+v", p)
	}
	if r := ada.ask("elsewhere", "{}"); !strings.Contains(r, `"plugin_failed"`) || !strings.Contains(s.Log.String(), "history(elsewhere): denied") {
		t.Errorf("a topic that is not granted: %s\n%s", r, s.Log)
	}
	eve := &asker{Socket: s.Upgrade("/ws/shop?v=2&token=" + s.User("eve")), t: t}
	eve.Wait("welcome")
	if p := eve.past("lobby", "{}"); !p.Kept || p.Head.Offset != 0 || p.Events != "" {
		t.Errorf("another endpoint's: %+v", p)
	}
}
