package plugin_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

func TestPluginsAreAddedAndRemoved(t *testing.T) {
	dir := folder(t.TempDir())
	r := dir.serveOn(t, []*core.Endpoint{{Name: "a"}, {Name: "listed", Plugins: []string{"P"}}, {Name: "none", Plugins: []string{}}}, func(o *plugin.Options) {
		o.Sources = sources("p", "events = [\"p.*\"]\n", saying("bundled"))
	})
	serving := func() (out string) {
		for _, s := range r.Plugins() {
			out += s.Name + " " + s.Version
			for _, e := range s.Endpoints {
				out += " " + e.Name
			}
			out += ";"
		}
		return out
	}
	step := func(name, want string, endpoints ...string) {
		t.Helper()
		if c := r.reload(t, name); !slices.Equal(c.Endpoints, endpoints) {
			t.Errorf("%+v", c)
		}
		if got := serving(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	step("p", "p 1.2.0 listed;", "listed")
	dir.put(t, "p", "2", "events = [\"p.*\"]\n", saying("own"))
	step("p", "p 2 a listed;", "a", "listed")
	dir.put(t, "q", "1", "events = [\"q.*\"]\n", saying("q"))
	step("q", "p 2 a listed;q 1 a;", "a")
	if got := r.ask(t, "p.x") + r.ask(t, "q.x"); got != `"own""q"` {
		t.Errorf("got %s", got)
	}
	for _, name := range []string{"p", "q"} {
		if err := os.Remove(filepath.Join(string(dir), name+".toml")); err != nil {
			t.Fatal(err)
		}
	}
	step("p", "p 1.2.0 listed;q 1 a;", "listed")
	step("q", "p 1.2.0 listed;")
	step("q", "p 1.2.0 listed;")
	step("unheard-of", "p 1.2.0 listed;")
	for _, want := range []string{`"a plugin was added" plugin=q`, `"a plugin was taken off: its files are gone" plugin=q`} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("missing %s in %s", want, r.log.String())
		}
	}
	if got := r.ask(t, "q.x"); got != "no_handler" {
		t.Errorf("a removed plugin answers %s", got)
	}
	dir.put(t, "q", "2", "events = [\"q.*\"]\n", saying("q2"))
	step("q", "p 1.2.0 listed;q 2 a;", "a")
	eventually(t, "the end of the old versions", func() bool { return r.Modules() == 2 })
}

func TestAListedPluginThatIsGoneGoesOnServing(t *testing.T) {
	dir := folder(t.TempDir())
	dir.put(t, "p", "1", "events = [\"p.*\"]\n", saying("1"))
	r := dir.serveOn(t, []*core.Endpoint{{Name: "a", Plugins: []string{"p"}}})
	if err := os.Remove(filepath.Join(string(dir), "p.toml")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reload(t.Context(), "p"); err == nil || !strings.Contains(err.Error(), "p.toml is gone, but endpoint a lists the plugin: put it back") {
		t.Errorf("got %v", err)
	}
	if got := r.ask(t, "p.x"); got != `"1"` {
		t.Errorf("got %s", got)
	}
}

func TestAClosedHostTakesNoReload(t *testing.T) {
	dir := folder(t.TempDir())
	dir.put(t, "p", "1", "events = [\"p.*\"]\n", saying("1"))
	r := dir.serve(t)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	dir.put(t, "p", "2", "events = [\"p.*\"]\n", saying("2"))
	if _, err := r.Reload(t.Context(), "p"); err == nil || !errors.As(err, new(*core.Error)) {
		t.Errorf("got %v", err)
	}
	if r.Modules() != 0 {
		t.Errorf("%d modules are open", r.Modules())
	}
}

// Between node's question who wants an event and the event itself a hook may be
// gone: nobody's silence is taken for consent.
func TestAHookThatIsGoneAdmitsNobody(t *testing.T) {
	dir := folder(t.TempDir())
	dir.put(t, "p", "1", "topics = [\"room.*\"]\nhooks = [\"connect\", \"subscribe\"]\n", newGuest().answer("false", false))
	r := dir.serve(t)
	dir.put(t, "p", "2", "events = [\"p.*\"]\n", nil)
	r.reload(t, "p")
	for _, kind := range []core.HookKind{core.HookConnect, core.HookSubscribe} {
		ev := subscribeTo("room.1")
		ev.Kind = kind
		_, err := r.Decide(t.Context(), ev)
		if wantCode(t, err, core.CodeUnavailable); !strings.Contains(err.Error(), "have just changed: try again") {
			t.Errorf("got %v", err)
		}
	}
}

// A timer that falls due while its plugin is away waits for it.
func TestTimersWaitForAPluginThatIsPutBack(t *testing.T) {
	dir := folder(t.TempDir())
	at := time.Now().Add(300 * time.Millisecond).UnixMilli()
	g := newGuest("publish", "timer_set")
	wasm := recorder(g.call("timer_set", text("soon"), at, text("st")))
	dir.put(t, "p", "1", granting("p"), wasm)
	r := dir.serve(t)
	if got := r.ask(t, "p.x"); got != "" {
		t.Fatalf("got %s", got)
	}
	if err := os.Remove(filepath.Join(string(dir), "p.toml")); err != nil {
		t.Fatal(err)
	}
	r.reload(t, "p")
	eventually(t, "the time", func() bool { return time.Now().UnixMilli() > at })
	dir.put(t, "p", "2", granting("p"), wasm)
	r.reload(t, "p")
	eventually(t, "the timer", func() bool { return len(r.tracesOf(plugin.KindTimer)) > 0 })
	kv := r.store.KV("timers/p/a", 0)
	eventually(t, "its removal", func() bool { _, ok, _ := kv.Get(t.Context(), "soon"); return !ok })
	if fired := r.tracesOf(plugin.KindTimer); len(fired) != 1 || fired[0].Input.Event != "soon" || string(fired[0].Input.State) != "st" {
		t.Errorf("fired %d times: %+v", len(fired), fired[0].Input)
	}
}

func TestAHostThatIsNotStartedTakesNoReload(t *testing.T) {
	dir := folder(t.TempDir())
	dir.put(t, "p", "1", "events = [\"p.*\"]\n", saying("1"))
	h := plugin.NewHost(plugin.Options{Dir: string(dir), Store: &new(rig).store})
	defer h.Close()
	if err := h.Load(t.Context(), []*core.Endpoint{{Name: "a"}}); err != nil {
		t.Fatal(err)
	}
	_, err := h.Reload(t.Context(), "p")
	wantCode(t, err, core.CodeUnavailable)
}
