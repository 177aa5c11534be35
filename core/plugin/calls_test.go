package plugin_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/cases"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// runCalls runs one message through a guest and checks what its calls returned.
func runCalls(t *testing.T, g *guest, manifest string, want ...int64) *rig {
	t.Helper()
	r := mustLoad(t, map[string]plug{"p": {manifest, g.answer(`1`, false)}})
	r.services.SetMembers(map[string][]core.Member{"t": {{ID: "7", Info: []byte(`{"n":1}`)}, {ID: `"~x`}}})
	r.services.SetSubscribed(map[string][]core.SessionID{"t": {"s1"}})
	if _, err := r.Decide(t.Context(), message("p.x", `{"a":1}`)); err != nil {
		t.Fatalf("%v\n%s", err, r.log.String())
	}
	if got := r.calls(); !slices.Equal(got, want) {
		t.Fatalf("the calls returned %v, want %v", got, want)
	}
	return r
}

func options(fields ...string) text {
	var raw [][]byte
	for _, f := range fields {
		raw = append(raw, []byte(f))
	}
	return text(plugin.AppendEnvelope(nil, raw...))
}

func effectsOf(r *rig) string {
	list := []map[string]any{}
	for _, e := range r.lastTrace().Effects {
		list = append(list, cases.EffectJSON(&e))
	}
	out, _ := json.Marshal(list)
	return string(out)
}

func TestEffectsInCallOrder(t *testing.T) {
	var published []string
	g := newGuest("publish", "subscribe", "unsubscribe", "disconnect", "kv_set", "kv_delete", "timer_set")
	g.call("publish", text("t"), text(`{ "a": 1 }`), text(`{"include":{}}`), options("e.v", "s9", "once", "\x00"))
	g.call("kv_set", text("k"), text(`{"v":1}`), int64(5000))
	g.call("subscribe", text("s1"), text("t2"), text(`{"i":1}`))
	g.call("unsubscribe", options("ss1", "u7"), text("t"), text("bye"))
	g.call("kv_delete", text("old"))
	g.call("disconnect", options("u8"), text("out"))
	g.call("timer_set", text("late"), int64(4_000_000_000_000), text("st"))
	g.call("publish", text("t"), text(`"last"`), text(""), text(""))
	r := mustLoad(t, map[string]plug{"p": {granting("p"), g.answer("", false)}})
	r.services.Published = func(ev *core.Event, id string) {
		kv, _, _ := r.store.KV("plugin/p/a", 0).Get(t.Context(), "k")
		published = append(published, ev.Key.Endpoint+" "+ev.Key.Topic+" "+ev.Name+" "+string(ev.Data)+" "+string(ev.Except)+" "+id+" "+string(kv)+" "+strconv.FormatBool(!ev.NoHistory))
	}
	v, err := r.Decide(t.Context(), message("p.x", `1`))
	if err != nil || v.Data != nil {
		t.Fatalf("got %s, %v, want no data", v.Data, err)
	}
	if got := r.calls(); !slices.Equal(got, make([]int64, 8)) {
		t.Fatalf("the calls returned %v", got)
	}
	want := []string{`a t e.v {"a":1} s9 p/once {"v":1} false`, `a t  "last"   {"v":1} true`}
	if !slices.Equal(published, want) {
		t.Errorf("published %q, want %q", published, want)
	}
	wantEffects := `[{"data":{"a":1},"event":"e.v","except":"s9","history":false,"id":"once","op":"publish","target":{"include":{}},"topic":"t"},` +
		`{"key":"k","op":"kv_set","ttl":5000,"value":{"v":1}},` +
		`{"info":{"i":1},"op":"subscribe","session":"s1","topic":"t2"},` +
		`{"op":"unsubscribe","reason":"bye","sessions":["s1"],"topic":"t","users":["7"]},` +
		`{"key":"old","op":"kv_delete"},{"op":"disconnect","reason":"out","users":["8"]},` +
		`{"at":4000000000000,"name":"late","op":"timer_set","state":"st"},{"data":"last","op":"publish","topic":"t"}]`
	if got := effectsOf(r); got != wantEffects {
		t.Errorf("effects\n%s\nwant\n%s", got, wantEffects)
	}
	if !r.services.Subscribed("a", "s1", "t2") {
		t.Error("the subscription was not made")
	}
}

func TestGrantsAtTheCall(t *testing.T) {
	manifest := "events = [\"p.*\"]\n[capabilities]\npublish = [\"room.*\", \"user.{uid}\"]\nsubscribe = [\"room.*\"]\npresence = [\"seen.*\"]\n"
	g := newGuest("publish", "subscribe", "unsubscribe", "disconnect", "presence", "subscribed")
	deny, ok := int64(plugin.ErrnoDenied), int64(0)
	g.call("publish", text("room.1"), text("1"), text(""), text(""))
	g.call("publish", text("other"), text("1"), text(""), text(""))
	g.call("publish", text("user.7"), text("1"), text(""), text(""))
	g.call("publish", text("user.8"), text("1"), text(""), text(""))
	g.call("subscribe", text("s1"), text("other"), text(""))
	g.call("unsubscribe", options("u1"), text("other"), text(""))
	g.call("presence", text("room.1"), 0, out{})
	g.call("subscribed", text("s1"), text("seen.x"))
	g.call("subscribed", text("s1"), text("room.x"))
	g.call("subscribed", text("s1"), text("else"))
	g.call("disconnect", options("ss1"), text(""))
	g.call("disconnect", options("ss2"), text(""))
	g.call("disconnect", options("u7"), text(""))
	r := mustLoad(t, map[string]plug{"p": {manifest, g.answer("", false)}})
	ev := message("p.x", `1`)
	ev.Claims.Attributes, _ = core.ParseAttributes(ev.Claims.Custom)
	if _, err := r.Decide(t.Context(), ev); err != nil {
		t.Fatal(err)
	}
	want := []int64{ok, deny, ok, deny, deny, deny, deny, ok, ok, deny, ok, deny, deny}
	if got := r.calls(); !slices.Equal(got, want) {
		t.Fatalf("the calls returned\n%v, want\n%v", got, want)
	}
}

func TestStateWithinAnEvent(t *testing.T) {
	notFound, conflict := int64(plugin.ErrnoNotFound), int64(plugin.ErrnoConflict)
	g := newGuest("kv_get", "kv_set", "kv_delete", "kv_cas", "kv_incr", "kv_scan")
	g.call("kv_get", text("k"), out{})                                                 // not_found
	g.call("kv_set", text("k"), text("value"), int64(0))                               // 0
	g.call("kv_get", text("k"), guestOut, 2).call("kv_get", text("k"), out{}).logOut() // 5, 5
	g.call("kv_incr", text("k"), int64(1), int64(0), guestOut)                         // conflict
	g.call("kv_cas", text("k"), 0, -1, text("x"), int64(0))                            // conflict
	g.call("kv_cas", text("c"), 0, -1, text("one"), int64(0))                          // 1
	g.call("kv_cas", text("c"), text("two"), text("x"), int64(0))                      // 0
	g.call("kv_cas", text("c"), text("one"), text("two"), int64(0))                    // 1
	g.call("kv_get", text("c"), out{}).logOut()                                        // 3
	g.call("kv_incr", text("n"), int64(5), int64(0), guestOut)                         // 0
	g.call("kv_incr", text("n"), int64(-7), int64(0), guestOut)                        // 0
	g.call("kv_incr", text("c"), int64(1), int64(0), guestOut)                         // conflict
	g.call("kv_delete", text("c"))                                                     // 0
	g.call("kv_get", text("c"), out{})                                                 // not_found
	g.call("kv_set", text("empty"), text(""), int64(0))                                // 0
	g.call("kv_get", text("empty"), out{})                                             // 0
	g.call("kv_scan", text(""), 2, 1, out{}).logOut()                                  // n, k
	g.call("kv_scan", text("no"), 2, 0, out{})                                         // 4
	g.call("kv_scan", text(""), 0, 0, out{})                                           // bad_argument
	r := runCalls(t, g, granting("p"), notFound, 0, 5, 5, conflict, conflict, 1, 0, 1, 3, 0, 0, conflict, 0, notFound, 0, 0,
		int64(4+8+1+2+8+1+5), 4, int64(plugin.ErrnoBadArgument))
	logs := r.lastTrace().Logs
	fields, ok := plugin.ReadEnvelope([]byte(logs[2]))
	if logs[0] != "value" || logs[1] != "two" || !ok || len(fields) != 4 ||
		string(fields[0]) != "n" || string(fields[1]) != "-2" || string(fields[2]) != "k" || string(fields[3]) != "value" {
		t.Errorf("got %q", logs)
	}
	if _, ok, _ := r.store.KV("plugin/p/a", 0).Get(t.Context(), "c"); ok {
		t.Error("c was not deleted")
	}
}

// runBeside decides an event where p's store holds the pairs, and tells what the
// guest's calls returned.
func runBeside(t *testing.T, g *guest, pairs []core.Write) []int64 {
	t.Helper()
	r := new(rig)
	if err := r.store.KV("plugin/p/a", 8<<20).Apply(t.Context(), pairs); err != nil {
		t.Fatal(err)
	}
	r, err := r.load(t, map[string]plug{"p": {granting("p"), g.answer("1", false)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
		t.Fatal(err)
	}
	return r.calls()
}

// values are n pairs of one size: v0, v1, ...
func values(n, size int) (pairs []core.Write) {
	for i := range n {
		pairs = append(pairs, core.Write{Key: "v" + strconv.Itoa(i), Value: make([]byte, size)})
	}
	return pairs
}

// A scan copies no more of the store than it may give, and sees what its event
// writes: of that, too, only what lies before the end that it has come to.
func TestScanIsBounded(t *testing.T) {
	const size = 400 << 10
	g := newGuest("kv_set", "kv_delete", "kv_scan")
	g.call("kv_delete", text("v0"))
	g.call("kv_set", text("v11"), text("between"), int64(0))
	g.call("kv_set", text("v2"), text("instead"), int64(0))
	g.call("kv_set", text("v9"), text("last"), int64(0))
	g.call("kv_scan", text("v"), 100, 0, out{})
	g.call("kv_scan", text("v"), 3, 0, out{})
	g.call("kv_scan", text("v"), 100, 1, out{})
	g.call("kv_scan", text("v1"), 100, 0, out{})
	got := runBeside(t, g, values(8, size))
	pair := func(key string, value int) int64 { return int64(8 + len(key) + value) }
	want := []int64{0, 0, 0, 0,
		4 + pair("v1", size) + pair("v11", 7) + pair("v2", 7) + pair("v3", size), // with v4 it is too much
		4 + pair("v1", size) + pair("v11", 7) + pair("v2", 7),
		4 + pair("v9", 4) + pair("v7", size) + pair("v6", size),
		4 + pair("v1", size) + pair("v11", 7),
	}
	if !slices.Equal(got, want) {
		t.Errorf("the calls returned\n%v, want\n%v", got, want)
	}
}

func TestReadingJSONConfigAndPresence(t *testing.T) {
	notFound, bad := int64(plugin.ErrnoNotFound), int64(plugin.ErrnoBadArgument)
	g := newGuest("json_get", "config_get", "presence", "subscribed")
	doc := text(`{"a.b":{"c":"x\u00e9\n"},"a":{"b":{"c":1}},"l":[1,{"d":true},null],"n":-1.50e3,"a":{"z":0}}`)
	for _, path := range []string{"a.b.c", "l.1.d", "l.2", "n", "l", "a.z"} {
		g.call("json_get", doc, text(path), out{}).logOut()
	}
	g.call("json_get", doc, text("a.q"), out{})
	g.call("json_get", doc, text("l.01"), out{})
	g.call("json_get", doc, text("l.3"), out{})
	g.call("json_get", doc, text("n.x"), out{})
	g.call("json_get", text(`{"a":`), text("a"), out{})
	g.call("json_get", text(``), text(""), out{})
	g.call("config_get", text("max_text"), out{}).logOut()
	g.call("config_get", text("nothing"), out{})
	g.call("presence", text("t"), 1, out{}).logOut()
	g.call("presence", text("t"), 0, out{}).logOut()
	g.call("presence", text("t"), 9, out{}).logOut()
	g.call("subscribed", text("s1"), text("t"))
	g.call("subscribed", text("s2"), text("t"))
	r := runCalls(t, g, granting("p")+"[config]\nmax_text = 2000\n", 5, 1, 1, 8, 20, 2, notFound, notFound, notFound, notFound, bad, bad,
		5, notFound, 49, 24, 63, 1, 0)
	want := []string{"sxé\n", "t", "z", "n-1.50e3", `a[1,{"d":true},null]`, "n0", "n2000",
		`{"members":[{"id":"7","info":{"n":1}}],"count":2}`, `{"members":[],"count":2}`,
		`{"members":[{"id":"7","info":{"n":1}},{"id":"\"~x"}],"count":2}`}
	if got := r.lastTrace().Logs; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLimitsOfAnEvent(t *testing.T) {
	limit := int64(plugin.ErrnoLimit)
	g := newGuest("publish", "kv_set")
	for range plugin.MaxPublishes + 1 {
		g.call("publish", text("t"), text("1"), text(""), text(""))
	}
	for range plugin.MaxEffects - plugin.MaxPublishes + 1 {
		g.call("kv_set", text("k"), text("v"), int64(0))
	}
	want := make([]int64, plugin.MaxEffects+2)
	want[plugin.MaxPublishes], want[plugin.MaxEffects+1] = limit, limit
	r := runCalls(t, g, granting("p"), want...)
	if n := len(r.lastTrace().Effects); n != plugin.MaxEffects {
		t.Errorf("%d effects", n)
	}
}

func TestAFullStoreAppliesNothing(t *testing.T) {
	g := newGuest("kv_set", "publish")
	g.call("publish", text("t"), text("1"), text(""), text(""))
	g.call("kv_set", text("k"), text(strings.Repeat("v", 2000)), int64(0))
	r := mustLoad(t, map[string]plug{"p": {"events = [\"p.*\"]\n[capabilities]\npublish = [\"*\"]\nkv = \"1 KiB\"\n", g.answer("1", false)}})
	r.services.Published = func(*core.Event, string) { t.Error("something was published") }
	_, err := r.Decide(t.Context(), message("p.x", `1`))
	wantCode(t, err, core.CodeQuota)
	if refusal := r.lastTrace().Refusal; refusal == nil || refusal.Code != core.CodeQuota {
		t.Errorf("the trace says %v", refusal)
	}
}

func TestRefusalsReachTheCaller(t *testing.T) {
	for name, c := range map[string]struct {
		json string
		code core.Code
	}{
		"own":          {`{"code":"p.banned","message":"you were put out","data":{"until":5}}`, "p.banned"},
		"shared":       {`{"code":"forbidden","message":"no"}`, core.CodeForbidden},
		"another's":    {`{"code":"q.banned","message":"no"}`, core.CodePluginFailed},
		"unknown code": {`{"code":"teapot","message":"no"}`, core.CodePluginFailed},
		"not JSON":     {`{"code`, core.CodePluginFailed},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuest("kv_set").call("kv_set", text("k"), text("v"), int64(0))
			r, _, err := one(t, g.answer(c.json, true))
			wantCode(t, err, c.code)
			if c.code == "p.banned" {
				if e := core.AsError(err); e.Message != "you were put out" || string(e.Data) != `{"until":5}` || e.Retry {
					t.Errorf("got %+v", e)
				}
			}
			if _, ok, _ := r.store.KV("plugin/p/a", 0).Get(t.Context(), "k"); !ok {
				t.Error("a refusal is an ordinary end: k is not set")
			}
		})
	}
}

func TestEnvelopeReachesTheGuest(t *testing.T) {
	r, v, err := one(t, echo())
	if err != nil || string(v.Data) != `{"a":1}` {
		t.Fatalf("got %s, %v", v.Data, err)
	}
	// An event larger than the first buffer.
	big := `"` + strings.Repeat("x", 60000) + `"`
	if v, err = r.Decide(t.Context(), message("p.x", big)); err != nil || string(v.Data) != big {
		t.Fatalf("got %d bytes, %v", len(v.Data), err)
	}
	if _, err := r.Decide(t.Context(), message("other", `1`)); core.AsError(err).Code != core.CodeNoHandler {
		t.Fatalf("got %v", err)
	}
}

// A module's own start function may call what _initialize may, with its memory.
func TestAStartFunctionMayCall(t *testing.T) {
	g := newGuest()
	ptr, n := g.place("hello from the start")
	g.Start(g.Func("", "", "", "", asm.I32Const(2), asm.I32Const(ptr), asm.I32Const(n), asm.Call(g.funcs["log"]), asm.Drop))
	r := mustLoad(t, map[string]plug{"p": {granting("p"), g.answer("1", false)}})
	if !strings.Contains(r.log.String(), "hello from the start") {
		t.Errorf("the log has %s", r.log.String())
	}
}
