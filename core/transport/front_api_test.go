package transport_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
	"github.com/driplet/driplet/core/transport"
)

// published is the text of a request that publishes n.
func published(n int) string {
	return testkit.PostRequest(testkit.Body(fmt.Sprintf(`"topic":"n","message":%d`, n)))
}

// taken reads the answer to a publish.
func taken(t *testing.T, w *testkit.Socket) testkit.Answer {
	t.Helper()
	a := w.Answer()
	if a.Status != http.StatusOK || a.Body != `{"status":"ok"}` {
		t.Fatalf("%d %q", a.Status, a.Body)
	}
	return a
}

// Requests to the API are answered one after the other on a connection that
// stays, however their bytes come, and with what else may be asked in between.
func TestFrontAnswersTheAPI(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	listener := s.V2(s.User(7))
	listener.Subscribe("n")
	n := 0
	next := func() string { n++; return published(n) }
	large := strings.Repeat("x", 6<<10)
	insert := func(request, line string) string { return strings.Replace(request, "\r\n", "\r\n"+line+"\r\n", 1) }
	for name, ask := range map[string]func(w *testkit.Socket){
		"one after the other": func(w *testkit.Socket) {
			for range 5 {
				w.Raw([]byte(next()))
				if a := taken(t, w); a.Close || a.Header.Get("Date") == "" || a.Header.Get("Content-Type") != "application/json; charset=utf-8" {
					t.Errorf("close %v, %v", a.Close, a.Header)
				}
			}
		},
		"all at once": func(w *testkit.Socket) {
			w.Raw([]byte(next() + next() + next()))
			for range 3 {
				taken(t, w)
			}
		},
		"byte by byte": func(w *testkit.Socket) {
			for _, b := range []byte(next() + next()) {
				w.Raw([]byte{b})
			}
			taken(t, w)
			taken(t, w)
		},
		"header, then body": func(w *testkit.Socket) {
			for range 2 {
				head, body, _ := strings.Cut(next(), "\r\n\r\n")
				w.Raw([]byte(head + "\r\n\r\n"))
				time.Sleep(20 * time.Millisecond) // so that they are two segments
				w.Raw([]byte(body))
				taken(t, w)
			}
		},
		"a body larger than the buffer": func(w *testkit.Socket) {
			for range 2 {
				w.Raw([]byte(next()))
				taken(t, w)
				n++
				w.Raw([]byte(testkit.PostRequest(testkit.Body(fmt.Sprintf(`"topic":"n","message":%d,"ignored":%q`, n, large)))))
				taken(t, w)
			}
		},
		"a header larger than the buffer": func(w *testkit.Socket) {
			w.Raw([]byte(next() + insert(next(), "X-Long: "+large) + next()))
			for range 3 {
				taken(t, w)
			}
		},
		"in chunks": func(w *testkit.Socket) {
			w.Raw([]byte(next()))
			taken(t, w)
			head, body, _ := strings.Cut(next(), "\r\n\r\n")
			i := strings.Index(head, "\r\nContent-Length")
			w.Raw([]byte(head[:i] + "\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)))
			taken(t, w)
		},
		"to be told to go on": func(w *testkit.Socket) {
			head, body, _ := strings.Cut(insert(next(), "Expect: 100-continue"), "\r\n\r\n")
			w.Raw([]byte(head + "\r\n\r\n"))
			if line, err := w.In.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
				t.Fatalf("%q, %v", line, err)
			}
			w.In.ReadString('\n')
			w.Raw([]byte(body))
			taken(t, w)
		},
		"the last": func(w *testkit.Socket) {
			w.Raw([]byte(next()))
			taken(t, w)
			w.Raw([]byte(insert(next(), "Connection: close")))
			if a := taken(t, w); !a.Close {
				t.Error("the connection stays")
			}
		},
		"by an old client": func(w *testkit.Socket) {
			w.Raw([]byte(strings.Replace(next(), "HTTP/1.1", "HTTP/1.0", 1)))
			if a := taken(t, w); !a.Close {
				t.Error("the connection stays")
			}
		},
		"something else in between": func(w *testkit.Socket) {
			w.Raw([]byte(next()))
			taken(t, w)
			w.Raw([]byte("GET /api/default/ping HTTP/1.1\r\nHost: driplet\r\n\r\n" + next()))
			if a := w.Answer(); a.Status != http.StatusOK {
				t.Fatal(a)
			}
			taken(t, w)
		},
		"a WebSocket afterwards": func(w *testkit.Socket) {
			w.Raw([]byte(next() + testkit.Handshake("/ws/default?v=2&token="+s.User(8))))
			taken(t, w)
			if a := w.Answer(); a.Status != http.StatusSwitchingProtocols {
				t.Fatal(a.Status, a.Body)
			}
			w.Wait(`"type":"welcome"`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			from := n
			ask(s.In(t).Dial())
			for i := from + 1; i <= n; i++ {
				listener.Wait(fmt.Sprintf(`"message":%d}`, i))
			}
		})
	}
}

// What is wrong is answered as it always is, and nobody waits for ever.
func TestFrontRefusesRequests(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	good := published(0)
	for name, c := range map[string]struct {
		request string
		status  int
		text    string
	}{
		"another path":     {strings.Replace(good, "/message", "/massage", 1), 404, "there is nothing at"},
		"another endpoint": {strings.Replace(good, "/default", "/none", 1), 404, "there is no endpoint"},
		"another method":   {strings.Replace(good, "/message", "/ping", 1), 405, "does not take POST"},
		"another body":     {strings.Replace(good, `"message":0`, `"message":1`, 1), 401, "signature"},
		"no host":          {strings.Replace(good, "Host: driplet\r\n", "", 1), 400, "Host"},
		"no header":        {"POST /api/default/message nonsense\r\n\r\n", 400, ""},
		"two lengths":      {strings.Replace(good, "\r\n", "\r\nContent-Length: 1\r\n", 1), 400, ""},
		"no body":          {"POST /api/default/message HTTP/1.1\r\nHost: driplet\r\nContent-Length: 0\r\n\r\n", 401, "signature"},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.In(t).Dial()
			w.Raw([]byte(published(1) + c.request))
			taken(t, w)
			if a := w.Answer(); a.Status != c.status || !strings.Contains(a.Body, c.text) {
				t.Errorf("%d %q", a.Status, a.Body)
			}
		})
	}
	t.Run("half a body", func(t *testing.T) {
		w := s.In(t).Dial()
		w.Raw([]byte(good[:len(good)-3]))
		w.CloseWriteSide()
		if a := w.Answer(); a.Status != http.StatusBadRequest || !strings.Contains(a.Body, "ended early") {
			t.Errorf("%d %q", a.Status, a.Body)
		}
	})
}

// A server that stops answers what it was asked, and closes connections that
// ask for nothing.
func TestFrontAnswersBeforeItStops(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{})
	listener := s.V2(s.User(7))
	listener.Subscribe("n")
	idle := s.Dial()
	idle.Raw([]byte(published(0)))
	taken(t, idle)
	asked, answered := 0, 1
	var all sync.WaitGroup
	var mu sync.Mutex
	begun := make(chan struct{})
	for range 4 {
		w := s.Dial()
		all.Go(func() {
			for i := 0; ; i++ {
				if _, err := io.WriteString(w.Conn, published(i)); err != nil {
					return
				}
				res, err := http.ReadResponse(w.In, nil)
				mu.Lock()
				if asked++; err == nil && res.StatusCode == http.StatusOK {
					answered++
				}
				if asked == 100 {
					close(begun)
				}
				mu.Unlock()
				if err != nil {
					return // closed before it was taken: nothing of it was done
				}
				if _, err := io.Copy(io.Discard, res.Body); err != nil || res.Close {
					return
				}
			}
		})
	}
	<-begun
	s.Stop()
	all.Wait()
	if n, err := idle.In.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Errorf("the idle connection: %d bytes, %v", n, err)
	}
	heard := 0
	for _, f := range listener.WantClose(core.CloseGoingAway, "") {
		if strings.Contains(string(f.Payload), `"topic":"n"`) {
			heard++
		}
	}
	if heard != answered {
		t.Errorf("%d messages were answered, %d heard", answered, heard)
	}
}

// A request of which a part has come when the server stops is answered, whether
// within its header or its body.
func TestFrontAnswersWhatHasBegun(t *testing.T) {
	whole := published(1)
	for _, part := range []int{20, 60, len(whole) - 5} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		f := transport.NewFront(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }))
		go f.Run()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, whole[:part])
		for end := time.Now().Add(time.Minute); f.Asking() == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d bytes are no beginning", part)
			}
		}
		f.Close()
		io.WriteString(c, whole[part:])
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || res.StatusCode != http.StatusOK || !res.Close {
			t.Fatalf("after %d bytes: %v, %v", part, res, err)
		}
		if err := f.Wait(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A client that does not read its answer does not keep a server from its end.
func TestFrontEndsWithoutReaders(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{})
	f := transport.NewFront(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		w.Write(make([]byte, 64<<20)) // more than sockets hold
	}))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.Run()
	}()
	c := testkit.DialTo(t, l.Addr().String())
	c.Raw([]byte(published(0)))
	<-asked
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := f.Wait(ctx); err == nil {
		t.Error("the answer was written to nobody")
	}
	<-ended
}
