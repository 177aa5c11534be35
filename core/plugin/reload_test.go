package plugin_test

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// folder is a PluginDir.
type folder string

// put writes a plugin as an operator would: version and the rest of its
// manifest, and its code (nil: left as it is).
func (dir folder) put(t testing.TB, name, version, manifest string, wasm []byte) {
	t.Helper()
	text := fmt.Sprintf("name = %q\nversion = %q\nabi = 1\n", name, version) + manifest
	dir.write(t, name+".toml", []byte(text))
	if wasm != nil {
		dir.write(t, name+".wasm", wasm)
	}
}

func (dir folder) write(t testing.TB, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(string(dir), file), data, 0o640); err != nil {
		t.Fatal(err)
	}
}

// serve starts a host on the folder with the endpoints "a" and "b", which get
// all plugins in it.
func (dir folder) serve(t testing.TB, change ...func(*plugin.Options)) *rig {
	t.Helper()
	return dir.serveOn(t, []*core.Endpoint{{Name: "a"}, {Name: "b"}}, change...)
}

func (dir folder) serveOn(t testing.TB, endpoints []*core.Endpoint, change ...func(*plugin.Options)) *rig {
	t.Helper()
	r, err := new(rig).run(t, endpoints, append([]func(*plugin.Options){func(o *plugin.Options) { o.Dir = string(dir) }}, change...)...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// saying is a guest that answers every message with s.
func saying(s string) []byte { return newGuest().answer(strconv.Quote(s), false) }

func (r *rig) ask(t testing.TB, event string) string {
	t.Helper()
	v, err := r.Decide(t.Context(), message(event, `1`))
	if err != nil {
		return string(core.AsError(err).Code)
	}
	return string(v.Data)
}

func (r *rig) reload(t testing.TB, name string) plugin.Change {
	t.Helper()
	c, err := r.Reload(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Clients call, timers fire and clients leave while versions change: every event
// is handled once, by one version, and nothing is left of the old ones.
func TestReloadUnderLoad(t *testing.T) {
	const reloads, callers, timers = 40, 8, 200
	dir := folder(t.TempDir())
	manifest := "events = [\"p.*\"]\nhooks = [\"disconnect\"]\n[capabilities]\nkv = \"1 MiB\"\n"
	dir.put(t, "p", "0", manifest, saying("0"))
	r := new(rig)
	kv := r.store.KV("timers/p/a", 64<<20)
	for i := range timers {
		value := binary.LittleEndian.AppendUint64(nil, uint64(time.Now().Add(time.Duration(i)*5*time.Millisecond).UnixMilli()))
		value = append(binary.LittleEndian.AppendUint64(value, uint64(i+1)), "state"...)
		if ok, err := kv.CAS(t.Context(), fmt.Sprint("t", i), nil, value, 0); !ok || err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.run(t, []*core.Endpoint{{Name: "a"}}, func(o *plugin.Options) { o.Dir = string(dir) }); err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()

	var stop atomic.Bool
	var calls, left atomic.Int64
	var group sync.WaitGroup
	for c := range callers {
		group.Go(func() {
			last := 0
			for i := 0; !stop.Load(); i++ {
				id := fmt.Sprintf(`"%d/%d"`, c, i)
				v, err := r.Decide(t.Context(), message("p.x", id))
				if err != nil {
					t.Errorf("call %s: %v", id, err)
					return
				}
				version, err := strconv.Atoi(strings.Trim(string(v.Data), `"`))
				if err != nil || version < last {
					t.Errorf("call %s: answered by %s after version %d", id, v.Data, last)
					return
				}
				last = version
				calls.Add(1)
				if c == 0 && i%4 == 0 {
					r.Observe(&core.ClientEvent{Kind: core.HookDisconnect, Endpoint: "a", Session: core.SessionID(fmt.Sprint(left.Add(1)))})
				}
			}
		})
	}
	for i := 1; i <= reloads; i++ {
		dir.put(t, "p", strconv.Itoa(i), manifest, saying(strconv.Itoa(i)))
		c := r.reload(t, "p")
		if c.Old != strconv.Itoa(i-1) || c.New != strconv.Itoa(i) || c.Unchanged || !slices.Equal(c.Endpoints, []string{"a"}) {
			t.Fatalf("reload %d: %+v", i, c)
		}
	}
	stop.Store(true)
	group.Wait()
	eventually(t, "all timers", func() bool { return len(r.tracesOf(plugin.KindTimer)) >= timers })
	eventually(t, "all disconnects", func() bool { return len(r.tracesOf(plugin.KindDisconnect)) >= int(left.Load()) })
	eventually(t, "the end of the old versions", func() bool { return r.Modules() == 1 })
	eventually(t, "the end of their goroutines", func() bool { return runtime.NumGoroutine() <= before })

	seen, versions := map[string]int{}, map[string]bool{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, tr := range r.traces {
		seen[tr.Input.Kind.String()+tr.Input.Event+tr.Input.Session+string(tr.Input.Data)]++
		versions[tr.Version] = true
		if tr.Input.Kind == plugin.KindMessage && string(tr.Answer) != strconv.Quote(tr.Version) {
			t.Errorf("version %s answered %s", tr.Version, tr.Answer)
		}
	}
	if want := int(calls.Load() + left.Load() + timers); len(seen) != want || len(r.traces) != want {
		t.Errorf("%d events were handled %d times, want %d once each", len(seen), len(r.traces), want)
	}
	for _, h := range r.handled {
		if !strings.HasSuffix(h, " ok") {
			t.Fatalf("an event ended as %s", h)
		}
	}
	t.Logf("%d calls, %d disconnects and %d timers through %d versions (%d handled some), %d reloads", calls.Load(), left.Load(), timers, reloads+1, len(versions), reloads)
}

func TestAFailedReloadLeavesTheOldVersion(t *testing.T) {
	dir := folder(t.TempDir())
	manifest := "events = [\"p.*\"]\n[config]\nn = 1\n"
	good := saying("good")
	dir.put(t, "p", "1", manifest, good)
	dir.put(t, "other", "1", "events = [\"other.*\"]\n", saying("other"))
	refusing := newGuest()
	ptr, n := refusing.place(`{"code":"bad_request","message":"n must be 1"}`)
	refusing.Func("dr_init", "ii", "I", "", asm.I64Const(int64(ptr)<<32|int64(n)|1<<31))
	fetching := newGuest("http_fetch").call("http_fetch", text(""), text(""))

	r := dir.serve(t)
	for _, c := range []struct {
		manifest string
		wasm     []byte
		want     string
	}{
		{manifest, good[:len(good)/2], "p.wasm is not a module that can be loaded"},
		{manifest, []byte{}, "p.wasm is not a module that can be loaded"},
		{manifest, make([]byte, plugin.MaxModule+1), "p 2: p.wasm has 16777217 bytes, the limit is 16777216"},
		{"evnts = []\n", good, `p.toml:4: unknown key "evnts": did you mean "events"?`},
		{"events = 3\n", good, "p.toml:4:"},
		{manifest, fetching.answer("1", false), `imports http_fetch, but p.toml grants no "http"`},
		{manifest, refusing.answer("1", false), "p 2: on endpoint a: it refuses its configuration: n must be 1"},
		{"events = [\"other.*\"]\n", good, "equally specific on endpoint a"},
		{"wasm = \"none.wasm\"\nevents = [\"p.*\"]\n", good, "p.toml names none.wasm, which cannot be read"},
	} {
		before := r.log.String()
		dir.put(t, "p", "2", c.manifest, c.wasm)
		change, err := r.Reload(t.Context(), "p")
		want := c.want
		if err == nil || !strings.Contains(err.Error(), want) || change.Old != "1" {
			t.Errorf("want %q, got %v, %+v", want, err, change)
		}
		if got := r.ask(t, "p.x") + r.ask(t, "other.x"); got != `"good""other"` {
			t.Errorf("after %q: %s", want, got)
		}
		if log := strings.TrimPrefix(r.log.String(), before); !strings.Contains(log, "the version before goes on serving; mend it and put or push it again") || !strings.Contains(log, "serving=1") {
			t.Errorf("after %q the log says %s", want, log)
		}
		if n := r.Modules(); n != 2 {
			t.Errorf("after %q there are %d modules", want, n)
		}
	}
	dir.put(t, "p", "3", manifest, saying("mended"))
	if r.reload(t, "p"); r.ask(t, "p.x") != `"mended"` {
		t.Error("the mended version does not serve")
	}
	if r.mu.Lock(); r.reloaded[0] != "p false" || r.reloaded[len(r.reloaded)-1] != "p true" || r.served[len(r.served)-1] != "p b 1>3" {
		t.Errorf("the meter heard %q, %q", r.reloaded, r.served)
	}
	r.mu.Unlock()
}

// An event under way keeps its version, and what stands beside it, whatever is
// reloaded meanwhile.
func TestEventsUnderWayEndOnTheirVersion(t *testing.T) {
	dir := folder(t.TempDir())
	hook := "topics = [\"*\"]\nhooks = [\"subscribe\"]\norder = "
	publishing := func() []byte {
		return newGuest("publish").call("publish", text("t"), text("1"), text(""), text("")).answer("", false)
	}
	grant := "\n[capabilities]\npublish = [\"*\"]\n"
	dir.put(t, "first", "1", hook+"1"+grant, publishing())
	dir.put(t, "second", "1", hook+"2\n", newGuest().answer("", false))
	r := dir.serve(t)
	entered, hold := make(chan struct{}), make(chan struct{})
	r.services.Published = func(*core.Event, string) { close(entered); <-hold }
	answered := make(chan error)
	go func() {
		_, err := r.Decide(t.Context(), subscribeTo("room"))
		answered <- err
	}()
	<-entered
	dir.put(t, "first", "2", hook+"1\n", newGuest().answer("", false))
	dir.put(t, "second", "2", hook+"2\n", newGuest().answer("", false))
	r.reload(t, "first")
	r.reload(t, "second")
	if _, err := r.Decide(t.Context(), subscribeTo("lobby")); err != nil {
		t.Error(err)
	}
	if n := r.Modules(); n != 4 {
		t.Errorf("%d modules, while an event is on the old ones", n)
	}
	close(hold)
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the old versions", func() bool { return r.Modules() == 2 })
	got := map[string]string{}
	for _, tr := range r.tracesOf(plugin.KindSubscribe) {
		got[tr.Input.Topic] += tr.Plugin + tr.Version + " "
	}
	if got["room"] != "first1 second1 " || got["lobby"] != "first2 second2 " {
		t.Errorf("handled by %v", got)
	}
}

func TestWhatBelongsToTheSeatOutlivesAReload(t *testing.T) {
	asked, hold := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-hold
	}))
	defer server.Close()
	grant := granting("p") + fmt.Sprintf("http = [%q]\n", server.URL+"/") + "[limits]\ninstances = 1\n"
	dir := folder(t.TempDir())
	old := newGuest("defer", "kv_set", "http_fetch")
	old.call("defer").call("kv_set", text("k"), text("v"), int64(0)).call("http_fetch", options("", server.URL+"/"), text("st"))
	dir.put(t, "p", "1", grant, old.answer("", false))
	r := dir.serve(t)
	replied := make(chan string, 2)
	r.services.Replied = func(h core.Handle, data []byte, _ *core.Error) { replied <- fmt.Sprint(h, " ", string(data)) }
	ev := message("p.x", `1`)
	if v, err := r.Decide(t.Context(), ev); err != nil || v.Data != nil || ev.Deferred != 1 {
		t.Fatalf("%s, %v, %d", v.Data, err, ev.Deferred)
	}
	<-asked

	// The new version answers whom the old one left waiting, from what it kept.
	next := newGuest("reply", "kv_get")
	next.call("kv_get", text("k"), out{}).call("reply", int64(1), text(`"late"`))
	dir.put(t, "p", "2", grant, next.answer(`"2"`, false))
	r.reload(t, "p")
	if got := r.ask(t, "p.x"); got != `"2"` {
		t.Errorf("got %s", got)
	}
	if got := <-replied; got != `1 "late"` {
		t.Errorf("replied %s", got)
	}
	if got := r.calls(); !slices.Equal(got, []int64{1, 0, 0, 1, 0}) {
		t.Errorf("the calls returned %v", got)
	}
	close(hold)
	eventually(t, "the http event", func() bool { return len(r.tracesOf(plugin.KindHTTP)) > 0 })
	if tr := r.tracesOf(plugin.KindHTTP)[0]; tr.Version != "2" || string(tr.Input.State) != "st" {
		t.Errorf("version %s got %q", tr.Version, tr.Input.State)
	}
}

func TestAReloadClosesTheBreaker(t *testing.T) {
	dir := folder(t.TempDir())
	dir.put(t, "p", "1", "events = [\"p.*\"]\n", newGuest().finish(asm.Unreachable))
	r := dir.serve(t)
	eventually(t, "the pause", func() bool { return r.ask(t, "p.x") == "unavailable" })
	if s := r.Plugins()[0].Endpoints[0]; s.Breaker != "open" || s.Pause <= 0 {
		t.Errorf("%+v", s)
	}
	dir.put(t, "p", "2", "events = [\"p.*\"]\n", saying("2"))
	r.reload(t, "p")
	if got := r.ask(t, "p.x"); got != `"2"` {
		t.Errorf("got %s", got)
	}
	if s := r.Plugins()[0].Endpoints[0]; s.Breaker != "closed" || s.Instances != 1 || s.MaxInstances < 1 {
		t.Errorf("%+v", s)
	}
}

func TestReloadIsByContent(t *testing.T) {
	dir := folder(t.TempDir())
	dir.put(t, "p", "1", "events = [\"p.*\"]\n", saying("same"))
	r := dir.serve(t)
	dir.put(t, "p", "1", "events = [\"p.*\"]\n", saying("same"))
	if c := r.reload(t, "p"); !c.Unchanged || c.Old != "1" || c.New != "1" || len(c.Endpoints) != 2 {
		t.Errorf("%+v", c)
	}
	// The same number, another content: it is another version.
	dir.put(t, "p", "1", "events = [\"p.*\"]\n", saying("other"))
	if c := r.reload(t, "P"); c.Unchanged || c.Hash == c.OldHash || r.ask(t, "p.x") != `"other"` {
		t.Errorf("%+v", c)
	}
	dir.put(t, "p", "1", "events = [\"p.*\", \"more\"]\n", nil)
	if c := r.reload(t, "p"); c.Unchanged || c.Hash != c.OldHash || r.ask(t, "more") != `"other"` {
		t.Errorf("%+v", c)
	}
	dir.put(t, "p", "2", "events = [\"p.*\"]\n", nil)
	dir.put(t, "q", "1", "events = [\"q.*\"]\n", []byte("no wasm"))
	changes, err := r.ReloadAll(t.Context())
	if err == nil || !strings.Contains(err.Error(), "q 1:") || len(changes) != 2 || changes[0].New != "2" {
		t.Errorf("%+v, %v", changes, err)
	}
}
