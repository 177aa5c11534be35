package testkit

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// WitnessTopic is what witnesses hear.
const WitnessTopic = "witness"

// witness is one client that must hear everything.
type witness struct {
	*Socket
	heard atomic.Int64 // messages, in order
	done  atomic.Bool  // from here on it may be closed
}

// Witness connects one client of each version and publishes to them, through
// the API, until the test ends. Whatever else happens to the server, both must
// hear every message, once and in order, and stay connected.
func (s *Server) Witness() {
	s.t.Helper()
	token := s.User("witness")
	before := s.Metric("driplet_subscriptions")
	all := []*witness{{Socket: s.V2(token)}, {Socket: s.V1(token)}}
	for _, w := range all {
		w.SetReadDeadline(time.Time{})
		w.Say(`{"type":"subscribe","topic":"` + WitnessTopic + `"}`)
	}
	Until(s.t, "the witnesses are subscribed", func() bool { return s.Metric("driplet_subscriptions") >= before+2 })

	stop := make(chan struct{})
	var publisher, readers sync.WaitGroup
	var sent int64
	publisher.Go(func() {
		for {
			s.Publish(WitnessTopic, fmt.Sprintf(`{"n":%d}`, sent))
			sent++
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	for _, w := range all {
		readers.Go(w.hear)
	}
	s.t.Cleanup(func() {
		close(stop)
		publisher.Wait()
		for i, w := range all {
			Until(s.t, fmt.Sprintf("witness %d of 2 has heard %d messages, only %d", i+1, sent, w.heard.Load()),
				func() bool { return w.heard.Load() == sent })
			w.done.Store(true)
			w.Close()
		}
		readers.Wait()
	})
}

// hear reads until the connection ends.
func (w *witness) hear() {
	for {
		f, err := w.ReadFrame()
		switch {
		case w.done.Load():
			return
		case err != nil:
			w.t.Errorf("witness after %d messages: %v", w.heard.Load(), err)
			return
		case f.Opcode() == Ping:
			if _, err := w.Write(MakeFrame(Fin|Pong, f.Payload)); err != nil {
				w.t.Errorf("witness: %v", err)
			}
		case f.Opcode() == Close:
			w.t.Errorf("witness: closed with %q", f.Payload)
			return
		case !w.isNext(f.Payload):
			w.t.Errorf("witness: %s after %d messages", f.Payload, w.heard.Load())
			return
		default:
			w.heard.Add(1)
		}
	}
}

func (w *witness) isNext(frame []byte) bool {
	n := w.heard.Load()
	return string(frame) == fmt.Sprintf(`{"type":"message","topic":%q,"message":{"n":%d}}`, WitnessTopic, n) ||
		string(frame) == fmt.Sprintf(`{"message":{"n":%d},"endpoint":"default","topic":%q}`, n, WitnessTopic)
}
