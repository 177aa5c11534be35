package transport_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
	"github.com/driplet/driplet/core/transport"
)

func heartbeat(ping, silence int64) func(*transport.WebSockets) {
	return func(w *transport.WebSockets) { w.SetHeartbeat(ping, silence) }
}

func TestPingsOfTheServer(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{WebSockets: heartbeat(1, 60)})
	s.Witness()
	w := s.Upgrade("/ws/default?v=2&token=" + s.User(7))
	if f := w.Wait("welcome"); !strings.Contains(f, `"ping":1,`) {
		t.Error(f)
	}
	for range 3 {
		if f, err := w.ReadFrame(); f.First != testkit.Fin|testkit.Ping || len(f.Payload) > 0 {
			t.Errorf("%s is no ping: %v", f, err)
		}
		w.Send(testkit.Pong, "")
	}
	w.Subscribe("t")
}

// Whoever says nothing is dropped, and so is what waits for it.
func TestDeadPeers(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{
		WebSockets: heartbeat(1, 1),
		Endpoint:   func(e *core.Endpoint) { e.Limits.QueueBytes = 64 << 20 },
	})
	v2, v1, full := s.V2(s.User(7)), s.V1(s.User(7)), s.V2(s.User(7))
	full.Subscribe("t")
	for n := range 100 {
		s.Publish("t", numbered(n, 200_000))
	}
	testkit.Until(t, "the dead are gone", func() bool { return s.Metric(`driplet_connections{endpoint="default"}`) == 0 })
	for _, w := range []*testkit.Socket{v2, v1} {
		for {
			f, err := w.ReadFrame()
			if err != nil {
				break // the end, with a reset or without
			}
			if f.Opcode() == testkit.Close {
				t.Errorf("a dead peer was told %s", f)
			}
		}
	}
	if n := s.Metric(slowMetric); n != 0 {
		t.Errorf("%v were too slow", n)
	}
}

// expiring is a token that ends so many seconds from now.
func expiring(s *testkit.Server, uid any, seconds int64, more map[string]any) string {
	claims := map[string]any{"exp": time.Now().Unix() + seconds, "custom": map[string]any{"uid": uid}}
	for k, v := range more {
		claims[k] = v
	}
	return s.Token(claims)
}

// soon is when the tokens of these tests end, in seconds: a busy machine needs
// some of them to connect at all.
const soon = 8

// pass waits until a token of that many seconds has ended, and a turn more.
func pass(seconds int64) { time.Sleep(time.Duration(seconds)*time.Second + 2500*time.Millisecond) }

func TestTokenCountsAtConnect(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{})
	v2, v1 := s.V2(expiring(s, 7, soon, nil)), s.V1(expiring(s, 7, soon, nil))
	v1.Say(`{"type":"subscribe","topic":"t"}`)
	pass(soon)
	v2.Subscribe("t")
	s.Publish("t", `1`)
	if f := v2.Next(); string(f.Payload) != frameOf("t", "1") {
		t.Error(f)
	}
	if f := v1.Next(); string(f.Payload) != `{"message":1,"endpoint":"default","topic":"t"}` {
		t.Error(f)
	}
}

func TestTokenExpiryEnforced(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{Endpoint: func(e *core.Endpoint) { e.EnforceExpiry = true }})
	s.Witness()
	stays := s.V2(expiring(s, 7, soon, map[string]any{"topics": []string{"a"}}))
	stays.Subscribe("t")
	shorter := s.V2(s.User(7))
	v1 := s.V1(expiring(s, 7, soon, nil))
	v2 := s.V2(expiring(s, 7, soon, nil))

	if r := stays.Ask(`{"type":"refresh","id":3,"token":"` + s.User(8) + `"}`); !strings.Contains(r, "forbidden") {
		t.Errorf("another user's token: %s", r)
	}
	if r := stays.Ask(`{"type":"refresh","id":4,"token":"x"}`); !strings.Contains(r, "unauthorized") {
		t.Errorf("a bad token: %s", r)
	}
	if r := stays.Ask(`{"type":"refresh","id":5,"token":"` + s.User(7) + `"}`); r != `{"type":"reply","id":5}` {
		t.Error(r)
	}
	// A refresh may also bring the end nearer than the next look at it.
	shorter.Ask(`{"type":"refresh","id":5,"token":"` + expiring(s, 7, soon, nil) + `"}`)

	if f := v2.Wait("expiring"); !strings.HasPrefix(f, `{"type":"expiring","in":`) {
		t.Error(f)
	}
	shorter.Wait("expiring")
	// Each token is told of, also where it lives no longer than a warning comes before.
	shorter.Ask(`{"type":"refresh","id":6,"token":"` + expiring(s, 7, soon, nil) + `"}`)
	if before := v2.WantClose(core.CloseExpired, "expired"); len(before) > 0 {
		t.Errorf("told %s", before)
	}
	if before := v1.WantClose(core.CloseExpired, "expired"); len(before) > 0 {
		t.Errorf("version 1 was told %s", before)
	}

	shorter.Wait("expiring")
	shorter.WantClose(core.CloseExpired, "expired")
	pass(0) // a turn more: by now the first token of stays, which is older, has ended as well
	stays.Subscribe("u")
}

func TestVersion1Expires(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{Endpoint: func(e *core.Endpoint) { e.Version1 = core.Version1Expire }})
	v1, v2 := s.V1(expiring(s, 7, soon, nil)), s.V2(expiring(s, 7, soon, nil))
	if before := v1.WantClose(core.CloseExpired, "expired"); len(before) > 0 {
		t.Errorf("version 1 was told %s", before)
	}
	v2.Subscribe("t") // counts at connect
}

func TestRefreshLeavesForbiddenTopics(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{Endpoint: func(e *core.Endpoint) {
		e.Topics = []core.TopicRule{{Match: testkit.Pattern(t, "team.*"), Subscribe: core.AccessToken}}
	}})
	w := s.V2(s.Token(map[string]any{"custom": map[string]any{"uid": 7}, "topics": []string{"team.a", "team.b"}}))
	w.Subscribe("team.a")
	w.Subscribe("team.b")
	w.Ask(`{"type":"refresh","id":1,"token":"` + s.Token(map[string]any{"custom": map[string]any{"uid": 7}, "topics": []string{"team.b"}}) + `"}`)
	if f := w.Wait("unsubscribed"); !strings.Contains(f, `"topic":"team.a"`) || !strings.Contains(f, "forbidden") {
		t.Error(f)
	}
	s.Publish("team.a", `1`)
	s.Publish("team.b", `2`)
	if f := w.Wait("message"); f != frameOf("team.b", "2") {
		t.Error(f)
	}
}

// What was answered with 200 reaches every client, then comes 1001.
func TestShutdown(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{})
	const clients = 20
	var all []*testkit.Socket
	for n := range clients {
		w := s.V2(s.User(n))
		w.Subscribe("t")
		all = append(all, w)
	}
	accepted := make(chan int)
	started := make(chan struct{})
	go func() {
		defer close(accepted)
		for n := 0; ; n++ {
			a, err := s.TryPost(testkit.Body(fmt.Sprintf(`"topic":"t","message":%d`, n)))
			if err != nil || a.Status != 200 {
				accepted <- n
				return
			}
			if n == 20 {
				close(started)
			}
		}
	}()
	// Others come in all the while.
	go func() {
		for {
			if _, err := s.Try("GET", "/ws/default", nil); err != nil {
				return
			}
		}
	}()
	<-started
	stopped := make(chan struct{})
	go func() {
		s.Stop()
		close(stopped)
	}()
	n := <-accepted
	for _, w := range all {
		before := w.WantClose(core.CloseGoingAway, "come back")
		if len(before) < n {
			t.Fatalf("%d messages were accepted, %d came", n, len(before))
		}
		for i, f := range before {
			if string(f.Payload) != frameOf("t", fmt.Sprint(i)) {
				t.Fatalf("frame %d is %s", i, f)
			}
		}
	}
	<-stopped
}

// Handshakes that come while the server stops are turned away or told to go,
// and none is forgotten.
func TestHandshakesDuringShutdown(t *testing.T) {
	t.Parallel()
	for range 5 {
		s := testkit.Start(t, testkit.Options{})
		request := []byte(testkit.Handshake("/ws/default?v=2&token=" + s.User(7)))
		var all []*testkit.Socket
		for range 50 {
			all = append(all, s.Dial())
		}
		done := make(chan struct{})
		go func() {
			for _, w := range all {
				w.Write(request)
			}
			close(done)
		}()
		s.Stop() // fails the test if a connection stays
		<-done
		for _, w := range all {
			w.CloseWriteSide()
			if b, err := io.ReadAll(w.In); err == nil && strings.Contains(string(b), "101 Switching") && !strings.Contains(string(b), "\x03\xe9") {
				t.Errorf("%q ends without 1001", b)
			}
		}
	}
}
