package transport_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
)

// However a connection begins, it gets what it asks for, and nothing of what it
// sent is lost between Front and the server behind it.
func TestFront(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	path := "/ws/default?v=2&token=" + s.User(7)
	ping := string(testkit.MakeFrame(testkit.Fin|testkit.Text, []byte(`{"type":"ping","id":1}`)))
	pong := func(t *testing.T, w *testkit.Socket) {
		t.Helper()
		if a := w.Answer(); a.Status != http.StatusSwitchingProtocols {
			t.Fatal(a.Status, a.Body)
		}
		w.Wait(`"type":"welcome"`)
		w.Wait(`"type":"pong"`)
	}
	long := "X-Long: " + strings.Repeat("x", 20<<10)
	for name, pieces := range map[string][]string{
		"byte by byte":             strings.Split(testkit.Handshake(path)+ping, ""),
		"frames with it":           {testkit.Handshake(path) + ping},
		"a long header":            {testkit.Handshake(path, long), ping},
		"a long header and frames": {testkit.Handshake(path, long) + ping},
		"another first line":       {strings.Replace(testkit.Handshake(path), "GET /ws", "GET http://driplet/ws", 1) + ping},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.In(t).Dial()
			for _, p := range pieces {
				w.Raw([]byte(p))
			}
			pong(t, w)
		})
	}
	t.Run("behind a request", func(t *testing.T) {
		const get = "GET /api/default/ping HTTP/1.1\r\nHost: driplet\r\n\r\n"
		w := s.In(t).Dial()
		w.Raw([]byte(get))
		if a := w.Answer(); a.Status != http.StatusOK {
			t.Fatal(a)
		}
		w.Raw([]byte(testkit.Handshake(path) + ping))
		pong(t, w)
	})
	for name, text := range map[string]string{
		"no token":  testkit.Handshake("/ws/default"),
		"no header": "GET /ws/default HTTP/1.1\r\nHost: driplet\r\n\r\n",
		"nonsense":  "GET /ws/default nonsense\r\n\r\n",
		"no host":   strings.Replace(testkit.Handshake(path), "Host: driplet\r\n", "", 1),
		"no path":   testkit.Handshake("/ws/"),
		"a body":    testkit.Handshake("/ws/default", "Content-Length: 3") + "abc",
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			w, a := s.In(t).Request(text)
			if a.Status < 400 || a.Body == "" {
				t.Errorf("%d %q", a.Status, a.Body)
			}
			w.CloseWriteSide()
			if _, err := io.Copy(io.Discard, w.In); err != nil {
				t.Error("the connection ends with", err)
			}
		})
	}
}

// Who has said nothing when the server stops does not keep it.
func TestFrontStops(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{})
	silent, half := s.Dial(), s.Dial()
	half.Raw([]byte(testkit.Handshake("/ws/default")[:30]))
	w := s.V2(s.User(7))
	s.Stop()
	w.WantClose(core.CloseGoingAway, "")
	for _, c := range []*testkit.Socket{silent, half} {
		if n, err := c.In.Read(make([]byte, 1)); n > 0 || err == nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
}
