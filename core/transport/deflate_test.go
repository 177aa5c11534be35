package transport_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
)

// inflating is gws' client, which agrees to compression.
type inflating struct {
	gws.BuiltinEventHandler
	heard  chan string
	closed chan error
}

func (c *inflating) OnMessage(_ *gws.Conn, m *gws.Message) {
	c.heard <- m.Data.String()
	m.Close()
}

func (c *inflating) OnClose(_ *gws.Conn, err error) { c.closed <- err }

func dialInflating(t *testing.T, s *testkit.Server, token string) (*gws.Conn, *inflating, http.Header) {
	t.Helper()
	c := &inflating{heard: make(chan string, 100), closed: make(chan error, 1)}
	ws, answer, err := gws.NewClient(c, &gws.ClientOption{
		Addr:              "ws://" + s.Addr + "/ws/default?v=2&token=" + token,
		PermessageDeflate: gws.PermessageDeflate{Enabled: true, Threshold: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.WriteClose(1000, nil) })
	go ws.ReadLoop()
	return ws, c, answer.Header
}

func (c *inflating) next(t *testing.T) string {
	t.Helper()
	select {
	case text := <-c.heard:
		return text
	case <-time.After(time.Minute):
		t.Fatal("nothing came")
		return ""
	}
}

func TestCompression(t *testing.T) {
	s := testkit.Start(t, testkit.Options{Endpoint: func(ep *core.Endpoint) { ep.Compress = true }})
	const extension = "Sec-Websocket-Extensions"
	ws, squeezed, header := dialInflating(t, s, s.User(1))
	if got := header.Get(extension); !strings.Contains(got, "server_no_context_takeover") {
		t.Fatalf("agreed on %q", got)
	}
	squeezed.next(t)                                          // welcome
	ws.WriteString(`{"type":"subscribe","topic":"t","id":1}`) // compressed by the client
	squeezed.next(t)
	plain := s.V2(s.User(2))
	plain.Subscribe("t")
	for i := range 20 {
		text := strings.Repeat(fmt.Sprint("message ", i, " "), 1+200*(i%2)) // short ones stay as they are
		s.Publish("t", fmt.Sprintf("%q", text))
		want := fmt.Sprintf(`"message":%q`, text)
		if got := squeezed.next(t); !strings.Contains(got, want) {
			t.Fatalf("the compressed connection heard %.100s", got)
		}
		plain.Wait(want)
	}
	// Little on the wire, much in memory: the limit is of what it inflates to.
	ws.WriteString(`{"type":"event","event":"x","data":"` + strings.Repeat("a", core.DefaultLimits.FrameBytes*4) + `"}`)
	select {
	case err := <-squeezed.closed:
		if !strings.Contains(err.Error(), "1009") && !strings.Contains(err.Error(), "inflated") {
			t.Errorf("closed with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("a message that inflates over the limit was taken")
	}
}

func TestCompressionIsOffByDefault(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	_, c, header := dialInflating(t, s, s.User(1))
	if got := header.Get("Sec-Websocket-Extensions"); got != "" {
		t.Errorf("agreed on %q", got)
	}
	c.next(t)
}

// Compression is agreed on, and still no bit may be set where it says nothing
// (RFC 7692, 6).
func TestReservedBitsWithCompression(t *testing.T) {
	s := testkit.Start(t, testkit.Options{Endpoint: func(ep *core.Endpoint) { ep.Compress = true }})
	s.Witness()
	const fin, rsv1, rsv2 = testkit.Fin, 0x40, 0x20
	token := s.User(1)
	for name, frames := range map[string][][]byte{
		"RSV1 on a continuation": {testkit.MakeFrame(testkit.Text, []byte("{")), testkit.MakeFrame(fin|rsv1, []byte("}"))},
		"RSV1 on a ping":         {testkit.MakeFrame(fin|rsv1|testkit.Ping, nil)},
		"RSV1 on a close":        {testkit.MakeFrame(fin|rsv1|testkit.Close, nil)},
		"RSV2":                   {testkit.MakeFrame(fin|rsv2|testkit.Text, []byte("{}"))},
		"RSV1 and RSV2":          {testkit.MakeFrame(fin|rsv1|rsv2|testkit.Text, []byte("{}"))},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.In(t).Upgrade("/ws/default?v=2&token="+token, "Sec-WebSocket-Extensions: permessage-deflate")
			w.Wait("welcome")
			for _, f := range frames {
				w.Raw(f)
			}
			w.WantClose(1002, "reserved bit")
		})
	}
}
