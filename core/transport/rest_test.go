//go:build linux

package transport_test

import (
	"bytes"
	"net"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/driplet/driplet/core/internal/testkit"
)

// waiting counts the goroutines that wait for clients, at rest and within gws.
func waiting(t *testing.T) (resting, reading int) {
	t.Helper()
	var stacks bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&stacks, 2); err != nil {
		t.Fatal(err)
	}
	for g := range strings.SplitSeq(stacks.String(), "\n\n") {
		switch {
		case strings.Contains(g, "gws.(*Conn).ReadLoop"):
			reading++
		case strings.Contains(g, "(*WebSockets).rest"):
			resting++
		}
	}
	return resting, reading
}

const ping = `{"type":"ping","id":1}`

// A client that says little costs a small stack, whatever it says, and however
// its frames come; one that goes on speaking is read without rests.
func TestReadersRest(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	atRest := func(n int) {
		t.Helper()
		testkit.Until(t, "all readers rest", func() bool {
			resting, reading := waiting(t)
			return resting == n && reading == 0
		})
	}
	w := s.V2(s.User(7))
	atRest(1)
	w.Subscribe("t")
	atRest(1)

	frame := testkit.MakeFrame(testkit.Fin|testkit.Text, []byte(ping))
	w.Raw(frame[:3])
	testkit.Until(t, "the rest of a frame is waited for", func() bool { _, reading := waiting(t); return reading == 1 })
	w.Raw(frame[3:])
	w.Wait("pong")
	s.Publish("t", "1")
	if f := w.Wait("message"); f != frameOf("t", "1") {
		t.Error(f)
	}

	testkit.Until(t, "who goes on is read on", func() bool {
		w.Say(ping)
		w.Wait("pong")
		_, reading := waiting(t)
		return reading == 1
	})
}

// However a connection ends whose reader rests, its session leaves.
func TestResting(t *testing.T) {
	for name, end := range map[string]func(*testkit.Server, *testkit.Socket){
		"closed":  func(_ *testkit.Server, w *testkit.Socket) { w.Send(testkit.Close, ""); w.WantClose(1005, "") },
		"cut":     func(_ *testkit.Server, w *testkit.Socket) { w.Conn.Close() },
		"half":    func(_ *testkit.Server, w *testkit.Socket) { w.CloseWriteSide() },
		"reset":   func(_ *testkit.Server, w *testkit.Socket) { w.Conn.(*net.TCPConn).SetLinger(0); w.Conn.Close() },
		"stopped": func(s *testkit.Server, w *testkit.Socket) { s.Stop(); w.WantClose(1001, "") },
	} {
		t.Run(name, func(t *testing.T) {
			s := testkit.Start(t, testkit.Options{})
			w := s.V2(s.User(7))
			testkit.Until(t, "the reader rests", func() bool { resting, _ := waiting(t); return resting == 1 })
			end(s, w)
			testkit.Until(t, "the reader is gone", func() bool {
				resting, reading := waiting(t)
				return resting+reading == 0
			})
		})
	}
}
