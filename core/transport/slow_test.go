package transport_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
)

// tight is a listener whose connections have small buffers in the kernel, so
// that a client that does not read is felt at once.
type tight struct{ net.Listener }

func (l tight) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		c.(*net.TCPConn).SetWriteBuffer(16 << 10)
	}
	return c, err
}

func startTight(t *testing.T, queue int) *testkit.Server {
	s := testkit.Start(t, testkit.Options{
		Endpoint: func(e *core.Endpoint) { e.Limits.QueueBytes = queue },
		Wrap:     func(l net.Listener) net.Listener { return tight{l} },
	})
	s.Witness()
	return s
}

// lazy connects a client to a topic, with a small buffer of its own; not so
// small that it is less than a packet of the loopback interface.
func lazy(s *testkit.Server, topic string) *testkit.Socket {
	w := s.V2(s.User(7))
	w.Conn.(*net.TCPConn).SetReadBuffer(128 << 10)
	w.Subscribe(topic)
	return w
}

const slowMetric = "driplet_slow_connections_total"

// numbered is a message that a reader can check by itself.
func numbered(n, size int) string {
	return fmt.Sprintf(`{"n":%d,"pad":%q}`, n, strings.Repeat(string(rune('a'+n%26)), size))
}

func frameOf(topic, message string) string {
	return fmt.Sprintf(`{"type":"message","topic":%q,"message":%s}`, topic, message)
}

func TestNeverReads(t *testing.T) {
	const queue, clients = 4 << 20, 5
	s := startTight(t, queue)
	before := heap()
	var lazies []*testkit.Socket
	for range clients {
		lazies = append(lazies, lazy(s, "t"))
	}
	for n := 0; s.Metric(slowMetric) < clients && n < 1000; n++ {
		s.Publish("t", numbered(n, 100_000))
	}
	testkit.Until(t, "all are gone", func() bool { return s.Metric(`driplet_connections{endpoint="default"}`) == 2 })
	testkit.Until(t, "the slow are counted", func() bool { return s.Metric(slowMetric) == clients })
	testkit.Until(t, "the memory is back", func() bool { return heap() < before+queue })
	for _, w := range lazies {
		for n := 0; ; {
			f, err := w.ReadFrame()
			if err != nil {
				break
			}
			if f.Opcode() != testkit.Text {
				continue
			}
			if want := frameOf("t", numbered(n, 100_000)); string(f.Payload) != want {
				t.Fatalf("frame %d is %.80s", n, f)
			}
			n++
		}
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A client that begins to read when it has been given up hears whole frames,
// the reason, and then the end. The server waits a second for that: on a
// starved machine it may take a few attempts.
func TestReadsTooLate(t *testing.T) {
	s := startTight(t, 200_000)
	for range 20 {
		topic := fmt.Sprintf("t%d", rand.Int())
		w := lazy(s, topic)
		before := s.Metric(slowMetric)
		for n := 0; s.Metric(slowMetric) == before; n++ {
			s.Publish(topic, numbered(n, 30_000))
		}
		var f testkit.Frame
		var err error
		for n := 0; f.Opcode() != testkit.Close && err == nil; {
			if f, err = w.ReadFrame(); err != nil || f.Opcode() != testkit.Text {
				continue
			}
			if string(f.Payload) != frameOf(topic, numbered(n, 30_000)) {
				t.Fatalf("frame %d is %.80s", n, f)
			}
			n++
		}
		if err != nil {
			continue
		}
		if codeOf(f) != core.CloseTooSlow || !strings.Contains(f.String(), "Limits.QueueBytes") {
			t.Errorf("closed with %s", f)
		}
		return
	}
	t.Error("no close frame ever came")
}

// A client that is slow, but within its queue, loses nothing, and no frame
// tears: also not the answers that come between the messages.
func TestReadsSlowly(t *testing.T) {
	s := startTight(t, 32<<20)
	w := lazy(s, "t")
	const messages = 300
	sizes := make([]int, messages)
	for n := range sizes {
		sizes[n] = rand.IntN(40_000)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for n, size := range sizes {
			s.Publish("t", numbered(n, size))
			w.Send(testkit.Ping, fmt.Sprint(n))
		}
	})
	w.In.Reset(&trickle{w.Conn})
	next, pongs := 0, 0
	for next < messages || pongs < messages {
		switch f := w.Next(); f.Opcode() {
		case testkit.Text:
			if string(f.Payload) != frameOf("t", numbered(next, sizes[next])) {
				t.Fatalf("frame %d is %.80s", next, f)
			}
			next++
		case testkit.Pong:
			if string(f.Payload) != fmt.Sprint(pongs) {
				t.Fatalf("pong %d is %s", pongs, f)
			}
			pongs++
		}
	}
	group.Wait()
	if n := s.Metric(slowMetric); n != 0 {
		t.Errorf("%v were too slow", n)
	}
}

// trickle reads little at once, and rests now and then.
type trickle struct{ r io.Reader }

func (s *trickle) Read(p []byte) (int, error) {
	if rand.IntN(50) == 0 {
		time.Sleep(time.Millisecond)
	}
	return s.r.Read(p[:min(len(p), 1+rand.IntN(8000))])
}

// What was queued before a close is written before it.
func TestQueueComesBeforeTheClose(t *testing.T) {
	s := testkit.Start(t, testkit.Options{
		Endpoint: func(e *core.Endpoint) { e.Limits.QueueBytes = 32 << 20 },
		Wrap:     func(l net.Listener) net.Listener { return tight{l} },
	})
	w := lazy(s, "t")
	const messages = 60
	for n := range messages {
		s.Publish("t", numbered(n, 50_000))
	}
	// It reads from now on, and the server says its last word meanwhile.
	frames := make(chan testkit.Frame, messages+1)
	go func() {
		defer close(frames)
		for {
			f, err := w.ReadFrame()
			if err != nil {
				return
			}
			if f.Opcode() == testkit.Ping {
				continue
			}
			if frames <- f; f.Opcode() == testkit.Close {
				return
			}
		}
	}()
	first := <-frames
	s.Node.Shutdown(t.Context(), 0)
	n := 0
	for f := first; ; n++ {
		if n == messages {
			if codeOf(f) != core.CloseGoingAway {
				t.Errorf("closed with %s", f)
			}
			break
		}
		if string(f.Payload) != frameOf("t", numbered(n, 50_000)) {
			t.Fatalf("frame %d is %.80s", n, f)
		}
		var ok bool
		if f, ok = <-frames; !ok {
			t.Fatalf("the end came after %d messages", n+1)
		}
	}
}

// A client may ask to close while much waits for it: it hears all of that, and
// the answer to its close frame.
func TestClosesWhileMuchWaits(t *testing.T) {
	s := startTight(t, 32<<20)
	w := lazy(s, "t")
	last := s.V2(s.User(7))
	last.Subscribe("t")
	const messages = 60
	for n := range messages {
		s.Publish("t", numbered(n, 50_000))
	}
	last.Wait(fmt.Sprintf(`"n":%d,`, messages-1)) // so all are written to w, or wait for it
	w.Raw(closeFrame(1000))
	n := 0
	for {
		f, err := w.ReadFrame()
		if err != nil {
			t.Fatalf("after %d messages: %v", n, err)
		}
		if f.Opcode() == testkit.Close {
			break
		}
		if f.Opcode() == testkit.Text {
			n++
		}
	}
	if _, err := io.ReadAll(w.In); err != nil || n != messages {
		t.Errorf("%d messages, then %v", n, err)
	}
}
