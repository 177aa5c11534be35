package transport_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
)

// A client that floods is closed, whatever it sends.
func TestFloods(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	const fin = testkit.Fin
	for name, frame := range map[string][]byte{
		"pings of the protocol":  testkit.MakeFrame(fin|testkit.Ping, []byte("x")),
		"pongs":                  testkit.MakeFrame(fin|testkit.Pong, nil),
		"pings of version 2":     testkit.MakeFrame(fin|testkit.Text, []byte(`{"type":"ping"}`)),
		"subscribes":             testkit.MakeFrame(fin|testkit.Text, []byte(subscribe)),
		"events":                 testkit.MakeFrame(fin|testkit.Text, []byte(`{"type":"event","event":"e","id":1}`)),
		"refreshes":              testkit.MakeFrame(fin|testkit.Text, []byte(`{"type":"refresh","token":"x","id":1}`)),
		"junk":                   testkit.MakeFrame(fin|testkit.Binary, []byte("\x00")),
		"empty fragments":        testkit.MakeFrame(0, nil),
		"fragments of one pings": append(testkit.MakeFrame(0, nil), testkit.MakeFrame(fin|testkit.Ping, nil)...),
	} {
		for _, version := range []string{"1", "2"} {
			t.Run(name+", version "+version, func(t *testing.T) {
				s := s.In(t)
				w := s.Upgrade("/ws/default?token=" + s.User(7) + "&v=" + version)
				if strings.Contains(name, "fragments") {
					w.Raw(testkit.MakeFrame(testkit.Text, nil))
				}
				go w.Write(bytes.Repeat(frame, 5000))
				w.WantClose(core.CloseRateLimited, "too many frames a second")
			})
		}
	}
}

// A client that sends more bytes than it may is closed; one that sends its
// largest frame now and then is not.
func TestBytesOverTheRate(t *testing.T) {
	s := testkit.Start(t, testkit.Options{Endpoint: func(e *core.Endpoint) {
		e.Limits.EventsPerSecond, e.Limits.BytesPerSecond, e.Limits.FrameBytes = 1000, 1<<10, 64<<10
	}})
	s.Witness()
	largest := testkit.MakeFrame(testkit.Fin|testkit.Text, []byte(`{"type":"event","event":"e","id":1,"data":"`+strings.Repeat("x", 64<<10-45)+`"}`))
	w := s.V2(s.User(7))
	w.Raw(largest)
	w.Wait("no_handler")
	go w.Write(largest)
	w.WantClose(core.CloseRateLimited, "too many bytes a second: slow down (Limits.BytesPerSecond)")
	s.V2(s.User(7)).Subscribe("t") // nobody else is slowed
}

func TestEventsOverTheRate(t *testing.T) {
	s := testkit.Start(t, testkit.Options{Endpoint: func(e *core.Endpoint) {
		e.Limits.EventsPerSecond, e.Limits.Subscriptions = 0.01, 5000 // room for many frames, for few events
	}})
	s.Witness()
	w := s.V2(s.User(7))
	const event = `{"type":"event","event":"e","id":1}`
	if r := w.Ask(event); !strings.Contains(r, "no_handler") {
		t.Error(r)
	}
	for _, frame := range []string{event, `{"type":"publish","topic":"t","message":1,"id":1}`, `{"type":"refresh","token":"x","id":1}`} {
		if r := w.Ask(frame); !strings.Contains(r, `"code":"rate_limited"`) || !strings.Contains(r, `"retry":true`) || !strings.Contains(r, "Limits.EventsPerSecond") {
			t.Error(r)
		}
	}
	w.Subscribe("t") // is no event
	go w.Write(bytes.Repeat(testkit.MakeFrame(testkit.Fin|testkit.Text, []byte(event)), 4000))
	w.WantClose(core.CloseRateLimited, "in spite of rate_limited")
}
