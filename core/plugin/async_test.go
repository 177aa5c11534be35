package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// recorder publishes "seen" at every event but messages (kind 5); at a message
// it does what g does.
func recorder(g *guest) []byte {
	topic, n := g.place("seen")
	data, m := g.place("1")
	g.code = asm.Code(
		asm.LocalGet(0), asm.I32Const(5), asm.I32Eq, asm.If(g.code, asm.I64Const(0), asm.Return),
		asm.I32Const(topic), asm.I32Const(n), asm.I32Const(data), asm.I32Const(m),
		asm.I32Const(0), asm.I32Const(0), asm.I32Const(0), asm.I32Const(0), asm.Call(g.funcs["publish"]), asm.Drop,
	)
	return g.finish(asm.I64Const(0))
}

func (r *rig) tracesOf(kind plugin.Kind) (out []*plugin.Trace) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.traces {
		if t.Input.Kind == kind {
			out = append(out, t)
		}
	}
	return out
}

func TestTimersFireAndOutliveARestart(t *testing.T) {
	at := time.Now().Add(50 * time.Millisecond).UnixMilli()
	g := newGuest("publish", "timer_set")
	g.call("timer_set", text("soon"), at, text("state")).call("timer_set", text("far"), int64(4_000_000_000_000), text("x")).
		call("timer_set", text("never"), at+100, text("")).call("timer_set", text("never"), int64(0), text(""))
	wasm := recorder(g)
	r := mustLoad(t, map[string]plug{"p": {granting("p") + "[limits]\ndeadline = \"5s\"\n", wasm}})
	if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the timer soon", func() bool { return len(r.tracesOf(plugin.KindTimer)) > 0 })
	fired := r.tracesOf(plugin.KindTimer)[0].Input
	if fired.Event != "soon" || string(fired.State) != "state" || fired.Endpoint != "a" || fired.Time.UnixMilli() < at {
		t.Fatalf("fired %+v", fired)
	}
	kv := r.store.KV("timers/p/a", 0)
	eventually(t, "the timer's removal", func() bool { _, ok, _ := kv.Get(t.Context(), "soon"); return !ok })
	if _, ok, _ := kv.Get(t.Context(), "never"); ok {
		t.Error("a timer that was taken back is stored")
	}
	// Another host on the same store, later than "far".
	later := mustLoad(t, map[string]plug{"p": {granting("p"), wasm}}, func(o *plugin.Options) {
		o.Store = &r.store
		o.Now = func() time.Time { return time.UnixMilli(4_000_000_000_001) }
	})
	eventually(t, "the timer far", func() bool { return len(later.tracesOf(plugin.KindTimer)) > 0 })
	if in := later.tracesOf(plugin.KindTimer)[0].Input; in.Event != "far" || string(in.State) != "x" {
		t.Fatalf("fired %+v", in)
	}
}

// unreadable is a store of which the first look at a value fails.
type unreadable struct {
	plugin.Store
	failed atomic.Bool
}

// KV is plugin.Store's.
func (s *unreadable) KV(namespace string, quota int64) core.KV {
	return unreadableKV{s.Store.KV(namespace, quota), &s.failed}
}

type unreadableKV struct {
	core.KV
	failed *atomic.Bool
}

// Get is core.KV's.
func (kv unreadableKV) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if kv.failed.CompareAndSwap(false, true) {
		return nil, false, errors.New("the disk is away")
	}
	return kv.KV.Get(ctx, key)
}

// A timer that cannot be read when it is due is told of in the log, and fires
// later.
func TestATimerOutlivesAFaultOfTheStore(t *testing.T) {
	start, calls := time.Now(), atomic.Int64{}
	g := newGuest("publish", "timer_set")
	g.call("timer_set", text("soon"), start.UnixMilli(), text("state"))
	r, _, err := one(t, recorder(g), func(o *plugin.Options) {
		o.Store = &unreadable{Store: o.Store}
		o.Now = func() time.Time { return start.Add(time.Duration(calls.Add(1)) * time.Minute) } // nobody waits for a later time
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the timer soon", func() bool { return len(r.tracesOf(plugin.KindTimer)) > 0 })
	if log := r.log.String(); !strings.Contains(log, "a timer that is due could not be read") || !strings.Contains(log, "the disk is away") {
		t.Error(log)
	}
}

func TestManifestTimersRepeatOnEachEndpoint(t *testing.T) {
	g := newGuest("publish")
	r := mustLoad(t, map[string]plug{"p": {"timers = { sweep = \"every 1s\" }\n[capabilities]\npublish = [\"*\"]\n", recorder(g)}})
	eventually(t, "two sweeps on each endpoint", func() bool {
		n := map[string]int{}
		for _, tr := range r.tracesOf(plugin.KindTimer) {
			n[tr.Endpoint+tr.Input.Event]++
		}
		return n["asweep"] >= 2 && n["bsweep"] >= 2
	})
}

func TestObservedEventsComeInOrder(t *testing.T) {
	g := newGuest("publish")
	manifest := "hooks = [\"disconnect\", \"unsubscribe\"]\ntopics = [\"room.*\"]\n[capabilities]\npublish = [\"*\"]\n[limits]\ndeadline = \"5s\"\n"
	r := mustLoad(t, map[string]plug{"p": {manifest, recorder(g)}})
	var want []string
	for i := range 50 {
		topic := fmt.Sprintf("room.%d", i)
		want = append(want, topic)
		r.Observe(&core.ClientEvent{Kind: core.HookUnsubscribe, Endpoint: "a", Topic: topic})
		r.Observe(&core.ClientEvent{Kind: core.HookUnsubscribe, Endpoint: "a", Topic: "other"})
		r.Observe(&core.ClientEvent{Kind: core.HookUnsubscribe, Endpoint: "nowhere", Topic: topic})
	}
	r.Observe(&core.ClientEvent{Kind: core.HookDisconnect, Endpoint: "a"})
	eventually(t, "the disconnect", func() bool { return len(r.tracesOf(plugin.KindDisconnect)) > 0 })
	var got []string
	for _, tr := range r.tracesOf(plugin.KindUnsubscribe) {
		got = append(got, tr.Input.Topic)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	for kind, yes := range map[core.HookKind]bool{core.HookDisconnect: true, core.HookUnsubscribe: true, core.HookConnect: false, core.HookSubscribe: false} {
		if r.Wants("a", kind, "room.1") != yes {
			t.Errorf("Wants(%d) is %v", kind, !yes)
		}
	}
}

// fetched loads a guest that fetches url at a message, and waits for the answer.
func fetched(t *testing.T, url string, allowed string, change ...func(*plugin.Options)) *plugin.Input {
	t.Helper()
	g := newGuest("publish", "http_fetch")
	g.call("http_fetch", options("POST", url, `{"X-Test":"yes"}`, "body"), text("st"))
	manifest := granting("p") + fmt.Sprintf("http = [%q]\n", allowed) + "[limits]\ndeadline = \"5s\"\n"
	r := mustLoad(t, map[string]plug{"p": {manifest, recorder(g)}}, change...)
	if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
		t.Fatal(err)
	}
	if got := r.calls(); !slices.Equal(got, []int64{0}) {
		t.Fatalf("http_fetch returned %v", got)
	}
	eventually(t, "the http event", func() bool { return len(r.tracesOf(plugin.KindHTTP)) > 0 })
	return &r.tracesOf(plugin.KindHTTP)[0].Input
}

func TestFetch(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	mux.HandleFunc("/ok/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Seen", r.Method+" "+r.Header.Get("X-Test"))
		w.WriteHeader(201)
		fmt.Fprint(w, "hello")
	})
	mux.HandleFunc("/ok/again", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/ok/", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/ok/out", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	mux.HandleFunc("/ok/loop", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/ok/loop", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/ok/big", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Repeat("x", plugin.MaxFetchAnswer+1))
	})

	for _, path := range []string{"/ok/", "/ok/again"} {
		in := fetched(t, server.URL+path, server.URL+"/ok/")
		if in.Status != 201 || string(in.Data) != "hello" || string(in.State) != "st" || !strings.Contains(string(in.Headers), `"x-seen":"POST yes"`) {
			t.Errorf("%s: got %d %s %s %s", path, in.Status, in.Data, in.State, in.Headers)
		}
	}
	for path, code := range map[string]string{"/ok/out": "forbidden", "/ok/loop": "unavailable", "/ok/big": "too_large"} {
		in := fetched(t, server.URL+path, server.URL+"/ok/")
		if in.Status != 0 || !strings.Contains(string(in.Data), `"code":"`+code+`"`) {
			t.Errorf("%s: got %d %.80s, want %s", path, in.Status, in.Data, code)
		}
	}
}

func TestFetchRefusesPrivateAddresses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "secret") }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	resolve := func(addrs ...string) func(*plugin.Options) {
		return func(o *plugin.Options) {
			o.Lookup = func(context.Context, string) (out []netip.Addr, err error) {
				for _, a := range addrs {
					out = append(out, netip.MustParseAddr(a))
				}
				return out, nil
			}
			dial := new(net.Dialer)
			o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if host, _, _ := net.SplitHostPort(address); host == "93.184.216.34" { // a public address that is ours in this test
					address = "127.0.0.1:" + port
				}
				return dial.DialContext(ctx, network, address)
			}
		}
	}
	url := "http://name.example.com:" + port + "/"
	for _, addr := range []string{"127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1", "0.0.0.0", "100.64.0.1", "64:ff9b::7f00:1",
		"::127.0.0.1", "fec0::1", "100::1", "5f00::1", "3fff::1", "2001:0:7f00:1::1", "2002:7f00:1::", "ff02::1", "255.255.255.255", "192.88.99.1"} {
		in := fetched(t, url, url, resolve(addr))
		if in.Status != 0 || !strings.Contains(string(in.Data), "forbidden") {
			t.Errorf("%s: got %d %s", addr, in.Status, in.Data)
		}
	}
	if in := fetched(t, url, url, resolve("10.0.0.1", "93.184.216.34")); in.Status != 200 {
		t.Errorf("a public address: got %d %s", in.Status, in.Data)
	}
	local := "http://localhost:" + port + "/"
	if in := fetched(t, local, local, resolve("127.0.0.1")); in.Status != 200 {
		t.Errorf("localhost, listed: got %d %s", in.Status, in.Data)
	}
	if in := fetched(t, local, local, resolve("10.0.0.1")); in.Status != 0 {
		t.Errorf("localhost elsewhere: got %d", in.Status)
	}
}

// A host whose first addresses drop packets is reached by the next, in the time
// that the request has; a private one among them is not tried.
func TestFetchGoesPastAnAddressThatDropsPackets(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	defer server.Close()
	in := fetched(t, "http://name.example.com/", "http://name.example.com/", func(o *plugin.Options) {
		o.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("93.184.216.33"), netip.MustParseAddr("93.184.216.34")}, nil
		}
		dial := new(net.Dialer)
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			switch address {
			case "93.184.216.33:80":
				<-ctx.Done()
				return nil, ctx.Err()
			case "93.184.216.34:80":
				return dial.DialContext(ctx, network, server.Listener.Addr().String())
			}
			t.Errorf("dialled %s", address)
			return nil, net.ErrClosed
		}
	})
	if in.Status != 200 || string(in.Data) != "hello" {
		t.Errorf("got %d %s", in.Status, in.Data)
	}
}

func TestFetchIsRefusedAtTheCall(t *testing.T) {
	denied, bad := int64(plugin.ErrnoDenied), int64(plugin.ErrnoBadArgument)
	g := newGuest("http_fetch")
	var want []int64
	for url, errno := range map[string]int64{
		"https://api.example.com/v1/x": 0, "https://API.example.com:443/v1/": 0,
		"http://api.example.com/v1/x": denied, "https://api.example.com:444/v1/": denied, "https://api.example.com/v2": denied,
		"https://api.example.com.evil.com/v1/": denied, "https://u@api.example.com/v1/": bad, "https://api.example.com/v1/../v2": bad,
		"https://api.example.com/v1/%2e%2e/v2": bad, "ftp://api.example.com/v1/": bad, "/v1/": bad, "": bad, `https://api.example.com/v1/..\x`: bad,
		"https://api.example.com/v1/..;a=b/v2": bad, "https://api.example.com/v1/%2e.%2fv2": bad, "https://api.example.com./v1/": denied,
	} {
		g.call("http_fetch", options("", url), text(""))
		want = append(want, errno)
	}
	for _, request := range []text{options("BREW", "https://api.example.com/v1/"), options("", "https://api.example.com/v1/", `{"Host":"x"}`),
		options("", "https://api.example.com/v1/", `{"X-A":"1\r\nX-B: 2"}`), options("", "https://api.example.com/v1/", `{"Host ":"x"}`), options("", "https://api.example.com/v1/", `{"":"x"}`),
		options("", "https://api.example.com/v1/", `[]`), options("", "https://api.example.com/v1/", "", "", "123"), "x"} {
		g.call("http_fetch", request, text(""))
		want = append(want, bad)
	}
	silent := func(o *plugin.Options) { o.Transport = silence{} }
	r := mustLoad(t, map[string]plug{"p": {granting("p") + "http = [\"https://api.example.com/v1/\"]\n", g.answer("", false)}}, silent)
	if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
		t.Fatal(err)
	}
	if got := r.calls(); !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// silence never answers.
type silence struct{}

// RoundTrip waits for the end.
func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestDeferAndReply(t *testing.T) {
	g := newGuest("defer", "reply", "publish")
	g.call("defer").call("defer").call("reply", int64(1), text(`{"late":true}`)).call("reply", int64(1), text(`2`)).call("reply", int64(9), text(`2`))
	r := mustLoad(t, map[string]plug{"p": {granting("p"), g.answer(`"ignored"`, false)}})
	var replied []string
	r.services.Replied = func(h core.Handle, data []byte, refusal *core.Error) {
		replied = append(replied, fmt.Sprint(h, " ", string(data), refusal == nil))
	}
	ev := message("p.x", `1`)
	v, err := r.Decide(t.Context(), ev)
	if err != nil || v.Data != nil || ev.Deferred != 1 {
		t.Fatalf("got %s, %v, handle %d", v.Data, err, ev.Deferred)
	}
	none, missing := int64(plugin.ErrnoNoRequest), int64(plugin.ErrnoNotFound)
	if got := r.calls(); !slices.Equal(got, []int64{1, none, 0, missing, missing}) {
		t.Errorf("got %v", got)
	}
	if !slices.Equal(replied, []string{`1 {"late":true}true`}) {
		t.Errorf("replied %q", replied)
	}
	quiet := message("p.x", `1`)
	quiet.Request = ""
	if _, err := r.Decide(t.Context(), quiet); err != nil || quiet.Deferred != 0 {
		t.Errorf("a request that nobody waits for was deferred: %v", err)
	}
	// The handle is another endpoint's.
	other := message("p.x", `1`)
	other.Endpoint, other.Request = "b", ""
	if _, err := r.Decide(t.Context(), other); err != nil || len(replied) != 1 {
		t.Errorf("replied %q, %v", replied, err)
	}
}

func TestATimerWaitsForAPausedPlugin(t *testing.T) {
	t.Parallel() // it waits for the pause to end
	g := newGuest("publish", "timer_set")
	known := g.Global(0)
	// The first message of an instance sets the timer, the second traps.
	g.do(asm.GlobalGet(known), asm.If(asm.Unreachable), asm.I32Const(1), asm.GlobalSet(known))
	g.call("timer_set", text("soon"), time.Now().Add(1500*time.Millisecond).UnixMilli(), text("st"))
	r := mustLoad(t, map[string]plug{"p": {granting("p") + "[limits]\ninstances = 1\n", recorder(g)}})
	eventually(t, "the pause", func() bool {
		_, err := r.Decide(t.Context(), message("p.x", `1`))
		return err != nil && core.AsError(err).Code == core.CodeUnavailable
	})
	eventually(t, "the timer", func() bool { return len(r.tracesOf(plugin.KindTimer)) > 0 })
	if in := r.tracesOf(plugin.KindTimer)[0].Input; in.Event != "soon" || string(in.State) != "st" {
		t.Errorf("fired %+v", in)
	}
}
