package plugin_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/callback"
	"github.com/driplet/driplet/core/plugin"
)

// fetching loads a guest that sends requests at a message; allowed are the
// entries of its manifest.
func fetching(t *testing.T, allowed []string, requests []text, change ...func(*plugin.Options)) *rig {
	t.Helper()
	g := newGuest("publish", "http_fetch")
	for _, r := range requests {
		g.call("http_fetch", r, text("st"))
	}
	manifest := granting("p") + fmt.Sprintf("http = [\"%s\"]\n", strings.Join(allowed, `", "`))
	return mustLoad(t, map[string]plug{"p": {manifest, recorder(g)}}, change...)
}

// answers waits for so many http events.
func (r *rig) answers(t *testing.T, n int) (out []*plugin.Input) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d http events", n), func() bool { return len(r.tracesOf(plugin.KindHTTP)) >= n })
	for _, tr := range r.tracesOf(plugin.KindHTTP) {
		out = append(out, &tr.Input)
	}
	return out
}

// signing signs as the server does.
func signing(o *plugin.Options) {
	o.Sign = func(ep *core.Endpoint, r *http.Request, body []byte) {
		k := ep.APIKeys[0]
		callback.Key{ID: k.ID, Secret: auth.Derive(k.Secret, auth.PurposePlugin)}.Sign(r, body, time.Now())
	}
}

// signature is what a request of endpoint a must carry, for a purpose.
func signature(r *http.Request, body []byte, purpose string) string {
	return callback.Sign(auth.Derive("secret of a", purpose), r.Method, r.RequestURI, r.Header.Get("X-Driplet-Timestamp"), r.Header.Get("X-Driplet-Nonce"), body)
}

func TestSignedFetch(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a signed request was redirected") }))
	defer other.Close()
	var mu sync.Mutex
	nonces := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got := r.Header.Get("X-Driplet-Signature")
		mu.Lock()
		nonces[r.Header.Get("X-Driplet-Nonce")] = true
		mu.Unlock()
		switch {
		case r.Header.Get("X-Driplet-Key") != "k1" || got != signature(r, body, auth.PurposePlugin):
			http.Error(w, "wrong signature "+got, http.StatusUnauthorized)
		case got == signature(r, body, auth.PurposeCallback) || got == signature(r, append(body, ' '), auth.PurposePlugin):
			http.Error(w, "it signs other things too", http.StatusUnauthorized)
		case r.URL.Path == "/away":
			http.Redirect(w, r, other.URL+"/", http.StatusTemporaryRedirect)
		case r.URL.Path == "/near":
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
		}
	}))
	defer server.Close()
	for path, status := range map[string]int32{"/": 200, "/a%20b?c=%2F&d": 200, "": 200, "/away": 307, "/near": 307} {
		r := fetching(t, []string{server.URL + "/", other.URL + "/"}, []text{options("POST", server.URL+path, `{"X-Test":"yes"}`, "body", "", "\x01")}, signing)
		if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
			t.Fatal(err)
		}
		if in := r.answers(t, 1)[0]; in.Status != status {
			t.Errorf("%s: got %d %s, want %d", path, in.Status, in.Data, status)
		}
	}
	if len(nonces) != 5 {
		t.Errorf("%d nonces for 5 requests", len(nonces))
	}
}

func TestSigningIsRefusedAtTheCall(t *testing.T) {
	const url = "https://api.example.com/"
	denied, bad := int64(plugin.ErrnoDenied), int64(plugin.ErrnoBadArgument)
	signed := options("", url, "", "", "", "\x01")
	silent := func(o *plugin.Options) { o.Transport = silence{} }
	ask := func(r *rig, endpoint string) []int64 {
		ev := message("p.x", `1`)
		ev.Endpoint = endpoint
		if _, err := r.Decide(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
		return r.calls()
	}
	requests := []text{signed, options("", url, "", "", "", "\x00"), options("", url, "", "", "", "\x02"), options("", url, "", "", "", "\x01\x00")}
	for _, name := range []string{"X-Driplet-Signature", "x-driplet-key", "X-DRIPLET-Nonce", "X-Driplet-Timestamp", "x-driplet-anything"} {
		requests = append(requests, options("", url, fmt.Sprintf(`{%q:"x"}`, name), "", "", "\x01"), options("", url, fmt.Sprintf(`{%q:"x"}`, name)))
	}
	want := append([]int64{0, 0, bad, bad}, slices.Repeat([]int64{bad}, 10)...)
	r := fetching(t, []string{url}, requests, silent, signing)
	if got := ask(r, "a"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// The endpoint b has no secret.
	if got := ask(r, "b")[len(want):]; !slices.Equal(got[:2], []int64{denied, 0}) {
		t.Errorf("without a secret: got %v", got)
	}
	if !strings.Contains(r.log.String(), "no APISecret to sign them with") {
		t.Errorf("the log does not say why: %s", r.log.String())
	}
	// A host that cannot sign at all.
	if got := ask(fetching(t, []string{url}, requests[:2], silent), "a"); !slices.Equal(got, []int64{denied, 0}) {
		t.Errorf("without Sign: got %v", got)
	}
}

func TestARedirectElsewhereTakesNoSecretsAlong(t *testing.T) {
	seen := make(chan http.Header, 2)
	keep := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header.Clone() })
	other := httptest.NewServer(keep)
	defer other.Close()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	mux.Handle("/here", keep)
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/near", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/here", http.StatusTemporaryRedirect)
	})
	for path, told := range map[string]bool{"/away": false, "/near": true} {
		r := fetching(t, []string{server.URL + "/", other.URL + "/"}, []text{options("POST", server.URL+path+"?secret=1", `{"X-Key":"k","Content-Type":"text/x","Accept":"a/b"}`, "body")})
		if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
			t.Fatal(err)
		}
		if in := r.answers(t, 1)[0]; in.Status != 200 {
			t.Fatalf("%s: %d %s", path, in.Status, in.Data)
		}
		h := <-seen
		if (h.Get("X-Key") == "k") != told || (h.Get("Referer") != "") != told || h.Get("Content-Type") != "text/x" || h.Get("Accept") != "a/b" {
			t.Errorf("%s: the other server got %v", path, h)
		}
	}
}

func TestFetchIsBounded(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	gone := make(chan struct{})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/drip", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			select {
			case <-gone:
			case <-r.Context().Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	mux.HandleFunc("/headers", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Large", strings.Repeat("x", plugin.MaxFetchHeaders+4096))
	})
	mux.HandleFunc("/squeezed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(gzipped(t, plugin.MaxFetchAnswer+1))
	})
	mux.HandleFunc("/switches", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { conn.Close() })
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
	})
	mux.HandleFunc("/ends", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Write([]byte("half"))
	})
	defer close(gone)
	short := string(binary.LittleEndian.AppendUint32(nil, 100))
	for path, code := range map[string]string{"/slow": "timeout", "/drip": "timeout", "/headers": "unavailable", "/squeezed": "too_large", "/ends": "unavailable", "/switches": "unavailable"} {
		timeout := short
		if code != "timeout" {
			timeout = ""
		}
		r := fetching(t, []string{server.URL + "/"}, []text{options("", server.URL+path, "", "", timeout)})
		if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
			t.Fatal(err)
		}
		if in := r.answers(t, 1)[0]; in.Status != 0 || !strings.Contains(string(in.Data), `"code":"`+code+`"`) {
			t.Errorf("%s: got %d %.200s, want %s", path, in.Status, in.Data, code)
		}
	}
	// Headers and a body over their limits are refused at the call.
	h := fetching(t, []string{server.URL + "/"}, []text{options("GET", server.URL+"/ends", `{"X-Long":"`+strings.Repeat("x", plugin.MaxFetchHeaders)+`"}`)})
	if _, err := h.Decide(t.Context(), message("p.x", `1`)); err != nil || !slices.Equal(h.calls(), []int64{int64(plugin.ErrnoBadArgument)}) {
		t.Errorf("large headers: %v, %v", h.calls(), err)
	}
	r := fetching(t, []string{server.URL + "/"}, []text{options("POST", server.URL+"/", "", strings.Repeat("x", plugin.MaxFetchBody+1))})
	if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil || !slices.Equal(r.calls(), []int64{int64(plugin.ErrnoBadArgument)}) {
		t.Errorf("a large body: %v, %v", r.calls(), err)
	}
}

// Of many requests only so many are on the wire; the others wait their turn,
// none is lost, and another endpoint's do not wait with them.
func TestFetchesTakeTurns(t *testing.T) {
	release := make(chan struct{})
	var mu sync.Mutex
	var now, most int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("at") == "b" {
			return
		}
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		<-release
		mu.Lock()
		now--
		mu.Unlock()
	}))
	defer server.Close()
	const events = 20 // each fetches as often as an event may
	requests := slices.Repeat([]text{options("", server.URL+"/", "", "", string(binary.LittleEndian.AppendUint32(nil, 30_000)))}, plugin.MaxFetches)
	r := fetching(t, []string{server.URL + "/"}, requests)
	for range events {
		if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all slots are taken", func() bool { mu.Lock(); defer mu.Unlock(); return now == plugin.MaxFetching })
	close(release)
	for _, in := range r.answers(t, events*plugin.MaxFetches) {
		if in.Status != 200 {
			t.Fatalf("got %d %s", in.Status, in.Data)
		}
	}
	if most != plugin.MaxFetching {
		t.Errorf("%d requests at a time", most)
	}
}

func TestOneEndpointsFetchesDoNotHoldUpAnothers(t *testing.T) {
	release := make(chan struct{})
	var mu sync.Mutex
	from := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		from[r.Header.Get("X-Driplet-Key")]++ // of endpoint b: ""
		mu.Unlock()
		if r.Header.Get("X-Driplet-Key") == "k1" {
			<-release
		}
	}))
	defer server.Close()
	defer close(release)
	// Both endpoints send the second request; the first is signed, which only a can.
	r := fetching(t, []string{server.URL + "/"}, []text{options("", server.URL+"/", "", "", "", "\x01"), options("", server.URL+"/")}, signing)
	for range plugin.MaxFetching + 5 {
		if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "endpoint a has all its slots taken", func() bool { mu.Lock(); defer mu.Unlock(); return from["k1"] == plugin.MaxFetching })
	ev := message("p.x", `1`)
	ev.Endpoint = "b"
	if _, err := r.Decide(t.Context(), ev); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the answer of endpoint b", func() bool {
		return slices.ContainsFunc(r.tracesOf(plugin.KindHTTP), func(tr *plugin.Trace) bool { return tr.Endpoint == "b" && tr.Input.Status == 200 })
	})
}

// Past its bounds http_fetch says so, and nothing is sent.
func TestTooManyFetches(t *testing.T) {
	silent := func(o *plugin.Options) { o.Transport = silence{} }
	var headers []string // an object of 16,000 bytes takes some times as many
	for n := range 1000 {
		headers = append(headers, fmt.Sprintf(`"h%06d":"1"`, n))
	}
	for body, most := range map[string]int{"x": plugin.MaxFetchWaiting, strings.Repeat("x", plugin.MaxFetchBody): plugin.MaxFetchBytes/plugin.MaxFetchBody - 1, "headers": 123} {
		request := options("POST", "https://api.example.com/", "", body)
		if body == "headers" {
			request = options("POST", "https://api.example.com/", "{"+strings.Join(headers, ",")+"}")
		}
		r := fetching(t, []string{"https://api.example.com/"}, []text{request}, silent)
		for range most + 3 {
			if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
				t.Fatal(err)
			}
		}
		got := r.calls()
		want := append(make([]int64, most), slices.Repeat([]int64{int64(plugin.ErrnoUnavailable)}, 3)...)
		if len(body) > 1 {
			got, want = got[len(got)-2:], want[len(want)-2:] // the states fill up the last one
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d bytes: got %v", len(body), got[max(0, len(got)-10):])
		}
	}
}

// A name that resolves to a private address reaches it only where the manifest
// lists that address too, with the port.
func TestAPrivateAddressIsListedItself(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	resolve := func(o *plugin.Options) {
		o.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
	}
	name := "http://intranet.example.com:" + port + "/"
	for address, reached := range map[string]bool{
		"http://127.0.0.1:" + port + "/": true, "https://127.0.0.1:" + port + "/": true,
		"http://127.0.0.1/": false, "http://127.0.0.2:" + port + "/": false, "http://localhost:" + port + "/": false,
	} {
		r := fetching(t, []string{name, address}, []text{options("", name)}, resolve)
		if _, err := r.Decide(t.Context(), message("p.x", `1`)); err != nil {
			t.Fatal(err)
		}
		if in := r.answers(t, 1)[0]; (in.Status == 200) != reached || !reached && !strings.Contains(string(in.Data), "forbidden") {
			t.Errorf("with %s: %d %s", address, in.Status, in.Data)
		}
	}
}

// gzipped is n zero bytes, compressed.
func gzipped(t *testing.T, n int) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(make([]byte, n)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
