package plugin_test

import (
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/plugins"
)

// counting is a server that counts the connections made to it.
func counting(t *testing.T, h http.HandlerFunc) (server *httptest.Server, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	server = httptest.NewUnstartedServer(h)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server, connections
}

// Requests to one host go over the connection that the one before has left.
func TestFetchesKeepTheirConnection(t *testing.T) {
	const fetches = 20
	server, connections := counting(t, func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); len(body) > 0 {
			fmt.Fprint(w, strings.Repeat("x", 10_000))
		}
	})
	r := fetching(t, []string{server.URL + "/"}, []text{options("POST", server.URL+"/", "", "body")})
	for n := range fetches {
		if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
			t.Fatal(err)
		}
		if in := r.answers(t, n+1)[n]; in.Status != 200 || len(in.Data) != 10_000 {
			t.Fatalf("got %d and %d bytes", in.Status, len(in.Data))
		}
	}
	// It is kept for a moment only: a starved machine may need another.
	if n := connections.Load(); n > fetches/2 {
		t.Errorf("%d connections for %d requests", n, fetches)
	}
}

// Where too many requests wait, http.fetch returns false: the plugin moodle
// tells its caller so. All that were taken are answered, over a few connections,
// and afterwards there is room again.
func TestWhereTooManyFetchesWait(t *testing.T) {
	release := make(chan struct{})
	server, connections := counting(t, func(w http.ResponseWriter, _ *http.Request) {
		<-release
		fmt.Fprint(w, `{"result":{"data":[1]}}`)
	})
	r := new(rig)
	var mu sync.Mutex
	answers := map[string]int{}
	r.services.Replied = func(_ core.Handle, data []byte, refusal *core.Error) {
		mu.Lock()
		defer mu.Unlock()
		if refusal != nil {
			data = []byte(refusal.Error())
		}
		answers[string(data)]++
	}
	config := map[string]map[string]any{"moodle": {"url": server.URL + "/", "key": "k", "timeout": int64(30_000)}}
	if _, err := r.run(t, []*core.Endpoint{{Name: "a", Plugins: []string{"moodle"}, PluginConfig: config}}, func(o *plugin.Options) {
		o.Sources, o.Trace = []fs.FS{plugins.Bundled()}, nil
	}); err != nil {
		t.Fatal(err)
	}
	ask := func() error { _, err := r.Decide(t.Context(), message("mod_quiz", `{"payload":1}`)); return err }
	for range plugin.MaxFetchWaiting {
		if err := ask(); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		err := ask()
		if wantCode(t, err, core.CodeUnavailable); !strings.Contains(err.Error(), "too many requests to Moodle are under way; try again") {
			t.Error(err)
		}
	}
	close(release)
	answered := func(n int) func() bool {
		return func() bool { mu.Lock(); defer mu.Unlock(); return answers["[1]"] == n }
	}
	eventually(t, "all answers", answered(plugin.MaxFetchWaiting))
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "one more", answered(plugin.MaxFetchWaiting+1))
	mu.Lock()
	defer mu.Unlock()
	if n := connections.Load(); len(answers) != 1 || n > 2*plugin.MaxFetching {
		t.Errorf("the answers are %v, over %d connections", answers, n)
	}
}

// gated answers every request, once it is told to.
type gated struct {
	answer chan struct{}
	begun  atomic.Int64
}

// RoundTrip is http.RoundTripper's.
func (h *gated) RoundTrip(r *http.Request) (*http.Response, error) {
	h.begun.Add(1)
	<-h.answer
	return &http.Response{StatusCode: 204, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// A request that has its answer is off the wire: the next goes out, however long
// the handlers of the answers take.
func TestSlowHandlersHoldUpNoRequests(t *testing.T) {
	const each, events = plugin.MaxFetches, plugin.MaxFetching/plugin.MaxFetches + 1
	r, way, slow := new(rig), &gated{answer: make(chan struct{})}, make(chan struct{})
	release := sync.OnceFunc(func() { close(slow) })
	r.services.Published = func(*core.Event, string) { <-slow }
	g := newGuest("publish", "http_fetch")
	for range each {
		g.call("http_fetch", options("GET", "https://api.example.com/", "", ""), text("st"))
	}
	r, err := r.load(t, map[string]plug{"p": {granting("p") + "http = [\"https://api.example.com/\"]\n", recorder(g)}}, func(o *plugin.Options) { o.Transport = way })
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for range events {
		if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
			t.Fatal(err)
		}
	}
	begun := func(n int64) func() bool { return func() bool { return way.begun.Load() == n } }
	eventually(t, "as many on the wire as may be", begun(plugin.MaxFetching))
	close(way.answer)
	eventually(t, "the rest on the wire", begun(each*events))
	release()
	r.answers(t, each*events)
}
