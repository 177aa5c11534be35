package e2e_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/driplet/driplet/core/internal/testkit"
	"github.com/driplet/driplet/core/programtest"
)

// What was answered with 200 before a SIGTERM reaches every client, then 1001,
// and the next server takes the port at once.
func TestTerminateAndRestart(t *testing.T) {
	port := programtest.Port(t)
	for range 3 {
		p := serve(t, port, "")
		var v1, v2 []*testkit.Socket
		for n := range 10 {
			w := p.V2(p.User(n))
			w.Subscribe("t")
			v2 = append(v2, w)
			w = p.V1(p.User(n))
			w.Say(`{"type":"subscribe","topic":"t"}`)
			v1 = append(v1, w)
		}
		testkit.Until(t, "all are subscribed", func() bool { return p.Metric("driplet_subscriptions") == 20 })

		accepted, started := make(chan int, 1), make(chan struct{})
		go func() {
			for n := 0; ; n++ {
				if a, err := p.TryPost(testkit.Body(fmt.Sprintf(`"topic":"t","message":%d`, n))); err != nil || a.Status != 200 {
					accepted <- n
					return
				}
				if n == 50 {
					close(started)
				}
			}
		}()
		<-started
		ended := p.terminate(t)
		n := <-accepted
		check := func(w *testkit.Socket, format string) {
			t.Helper()
			before := w.WantClose(1001, "")
			if len(before) < n {
				t.Fatalf("%d messages were accepted, %d came", n, len(before))
			}
			for i, f := range before {
				if string(f.Payload) != fmt.Sprintf(format, i) {
					t.Fatalf("frame %d is %s", i, f)
				}
			}
		}
		for i := range v1 {
			check(v1[i], `{"message":%d,"endpoint":"default","topic":"t"}`)
			check(v2[i], `{"type":"message","topic":"t","message":%d}`)
		}
		if err := <-ended; err != nil {
			t.Errorf("%v: %s", err, p.errs)
		}
	}
}

// A second server on the port says so.
func TestPortIsTaken(t *testing.T) {
	p := serve(t, "0", "")
	_, port, _ := net.SplitHostPort(p.Addr)
	out, err := command(t, "serve", "-port", port)
	if err == nil || !strings.Contains(out, "another server") {
		t.Errorf("%v: %s", err, out)
	}
	if a := p.Get("/"); a.Status != 200 {
		t.Errorf("the first: %d", a.Status)
	}
}
