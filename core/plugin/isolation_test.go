package plugin_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// What a plugin has on one endpoint, it does not see on another: its store, its
// timers, its configuration, the memory of its instances, and who is where.
// (Deferred requests: TestDeferAndReply.)
func TestTenantsDoNotSeeEachOther(t *testing.T) {
	g := newGuest("kv_get", "kv_scan", "kv_set", "timer_set", "config_get", "subscribed", "presence", "history")
	seen := g.Global(0)
	g.call("kv_get", text("secret"), out{}).call("kv_scan", text(""), 10, 0, out{}).call("subscribed", text("s1"), text("room")).call("presence", text("room"), 0, out{})
	g.call("history", text("room"), 9, text(""), out{})
	g.call("kv_set", text("secret"), text("mine"), int64(0)).call("timer_set", text("later"), int64(1<<50), text("mine"))
	g.call("config_get", text("who"), out{}).logOut()
	// Whether this instance's memory was used before.
	ptr, n := g.place("r")
	g.do(asm.I32Const(ptr), asm.I32Const(n), asm.GlobalGet(seen), asm.ExtendS, asm.Call(g.funcs["metric"]), asm.Drop, asm.I32Const(1), asm.GlobalSet(seen))
	dir := folder(t.TempDir())
	dir.put(t, "p", "1.0.0", granting("p")+"[limits]\ninstances = 1\n[config]\nwho = \"nobody\"\n", g.answer("1", false))
	config := func(who string) map[string]map[string]any { return map[string]map[string]any{"p": {"who": who}} }
	place := &elsewhere{}
	r := &rig{serve: func(r *rig) plugin.Services { place.Services = &r.services; return place }}
	r, err := r.run(t, []*core.Endpoint{{Name: "a", PluginConfig: config("tenant a")}, {Name: "b", PluginConfig: config("tenant b")}},
		func(o *plugin.Options) { o.Dir = string(dir) })
	if err != nil {
		t.Fatal(err)
	}
	const none, empty = int64(plugin.ErrnoNotFound), 4
	nobody := int64(len(`{"members":[],"count":0}`))
	for _, c := range []struct {
		endpoint string
		want     []int64 // kv_get, kv_scan, subscribed, presence, history, kv_set, timer_set, config_get, used before
	}{
		{"a", []int64{none, empty, 1, nobody, none, 0, 0, 9, 0}},
		{"b", []int64{none, empty, 0, nobody, none, 0, 0, 9, 0}},
		{"a", []int64{4, empty + 4 + 6 + 4 + 4, 1, nobody, none, 0, 0, 9, 1}},
	} {
		r.mu.Lock()
		r.results = nil
		r.mu.Unlock()
		ev := message("p.x", "1")
		ev.Endpoint = c.endpoint
		if _, err := r.Decide(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
		if got := r.calls(); !slices.Equal(got, c.want) {
			t.Errorf("endpoint %s: got %v, want %v", c.endpoint, got, c.want)
		}
		if line := "endpoint=" + c.endpoint; !strings.Contains(r.log.String(), "stenant "+c.endpoint+"\" plugin=p version=1.0.0 "+line) {
			t.Errorf("endpoint %s has another's configuration:\n%s", c.endpoint, r.log.String())
		}
	}
	for _, space := range []string{"plugin/p/a", "plugin/p/b", "timers/p/a", "timers/p/b"} {
		if pairs, err := r.store.KV(space, 1<<20).Scan(t.Context(), "", core.ScanOptions{Limit: 10}); err != nil || len(pairs) != 1 {
			t.Errorf("%s holds %d pairs, %v", space, len(pairs), err)
		}
	}
	if !slices.Equal(place.asked, []string{"a", "a", "a", "b", "b", "b", "a", "a", "a"}) {
		t.Errorf("who is where was asked of the endpoints %v", place.asked)
	}
}

// elsewhere knows who is where on endpoint a alone.
type elsewhere struct {
	plugin.Services
	asked []string
}

// Subscribed is plugin.Services'.
func (e *elsewhere) Subscribed(endpoint string, _ core.SessionID, _ string) bool {
	e.asked = append(e.asked, endpoint)
	return endpoint == "a"
}

// Members is plugin.Services'.
func (e *elsewhere) Members(endpoint, _ string) []core.Member {
	e.asked = append(e.asked, endpoint)
	return nil
}

// History is plugin.Services'.
func (e *elsewhere) History(_ context.Context, endpoint, _ string, _ *core.Position, _ int) (core.Past, error) {
	e.asked = append(e.asked, endpoint)
	return core.Past{}, core.Errorf(core.CodeNotFound, "it keeps none")
}
