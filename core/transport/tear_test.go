package transport

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/hub"
	"github.com/driplet/driplet/core/metrics"
)

// plain is an Encoder whose frames hold the data of an Event as it is.
type plain struct{}

func (plain) Dialect() uint8 { return 0 }

func (plain) Append(dst []byte, o core.Outgoing) []byte { return append(dst, o.(*core.Event).Data...) }

func frame(payload []byte) *hub.Frame { return hub.NewFrame(plain{}, &core.Event{Data: payload}) }

// metered is a connection whose kernel takes what the test lets it.
type metered struct {
	net.Conn
	mu       sync.Mutex
	cond     sync.Cond
	room     int
	got      bytes.Buffer
	deadline time.Time
	closed   bool
}

func newMetered() *metered {
	m := &metered{}
	m.cond.L = &m.mu
	return m
}

func (m *metered) Write(p []byte) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(p) > 0 {
		switch late := !m.deadline.IsZero() && !time.Now().Before(m.deadline); {
		case m.closed:
			return n, net.ErrClosed
		case late:
			return n, os.ErrDeadlineExceeded
		case m.room == 0:
			if !m.deadline.IsZero() {
				time.AfterFunc(time.Until(m.deadline), m.cond.Broadcast)
			}
			m.cond.Wait()
			continue
		}
		k := min(m.room, len(p))
		m.got.Write(p[:k])
		n, p, m.room = n+k, p[k:], m.room-k
	}
	return n, nil
}

func (m *metered) let(n int) {
	m.mu.Lock()
	m.room += n
	m.mu.Unlock()
	m.cond.Broadcast()
}

func (m *metered) SetWriteDeadline(t time.Time) error {
	m.mu.Lock()
	m.deadline = t
	m.mu.Unlock()
	m.cond.Broadcast()
	return nil
}

func (m *metered) SetDeadline(t time.Time) error { return m.SetWriteDeadline(t) }

func (m *metered) Close() error {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.cond.Broadcast()
	return nil
}

func newOutlet(c net.Conn, limit int) *outlet {
	b := &budget{}
	b.init(Budget{})
	return &outlet{conn: c, kernel: kernelOf(c), limit: limit, budget: b, metrics: metrics.New().Transport}
}

// Whatever the kernel takes when, what arrives is whole frames in their order:
// all of them, or up to where the connection was given up.
func TestOutletNeverTears(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			c := newMetered()
			o := newOutlet(c, 1000+r.IntN(20_000))
			var want []byte
			ends := map[int]bool{0: true}
			for n := range 200 {
				var batch hub.Batch
				for range 1 + r.IntN(3) {
					f := frame(fmt.Appendf(nil, "%d:%s", n, strings.Repeat("x", r.IntN(500))))
					batch.Frames = append(batch.Frames, f)
					want = append(want, f.WebSocket()...)
					ends[len(want)] = true
				}
				o.write(&batch)
				if r.IntN(3) > 0 {
					c.let(r.IntN(1200))
				}
			}
			last := closeFrame(core.CloseReason{Code: 1001})
			o.end(last)
			o.write(&hub.Batch{Frames: []*hub.Frame{frame([]byte("behind the end"))}})
			c.let(1 << 20)
			switch whole, got := o.settle(), c.got.Bytes(); {
			case whole:
				if o.givenUp() || !bytes.Equal(got, append(want, last...)) {
					t.Fatalf("%d bytes arrived of %d", len(got), len(want))
				}
			default:
				body, found := bytes.CutSuffix(got, closeFrame(tooSlow))
				if !found || !o.givenUp() || !bytes.HasPrefix(want, body) || !ends[len(body)] {
					t.Fatalf("%d bytes arrived, close frame: %v", len(got), found)
				}
			}
			if n := o.budget.queued.Load(); n != 0 || o.queue.waits() || o.torn != nil || o.flight != 0 {
				t.Errorf("%d bytes are still kept", n)
			}
		})
	}
}

func TestOutletOfAFailedConnection(t *testing.T) {
	c := newMetered()
	o := newOutlet(c, 1<<20)
	batch := &hub.Batch{Frames: []*hub.Frame{frame(make([]byte, 1000))}}
	o.write(batch)
	c.Close()
	if o.settle() {
		t.Error("everything was written")
	}
	o.write(batch)
	o.end(closeFrame(core.CloseReason{Code: 1001}))
	if o.pending() || o.budget.queued.Load() != 0 {
		t.Error("it goes on")
	}
}

// The real thing: several goroutines write through a socket of small buffers.
func TestOutletOnASocket(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	server.(*net.TCPConn).SetWriteBuffer(16 << 10)
	o := newOutlet(server, 256<<20)
	const writers, each, size = 4, 1000, 2000 // one size, so one length of header
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := range each {
				p := make([]byte, size)
				binary.BigEndian.PutUint32(p, uint32(w))
				binary.BigEndian.PutUint32(p[4:], uint32(n))
				o.write(&hub.Batch{Frames: []*hub.Frame{frame(p)}})
			}
		})
	}
	go func() {
		group.Wait()
		o.end(closeFrame(core.CloseReason{Code: 1001}))
		o.halfClose()
	}()
	all, err := io.ReadAll(client)
	if err != nil {
		t.Fatal(err)
	}
	var next [writers]uint32
	for len(all) >= 4+size && all[0] == 0x81 {
		w, n := binary.BigEndian.Uint32(all[4:]), binary.BigEndian.Uint32(all[8:])
		if n != next[w] {
			t.Fatalf("writer %d: frame %d came instead of %d", w, n, next[w])
		}
		next[w]++
		all = all[4+size:]
	}
	for w, n := range next {
		if n != each {
			t.Errorf("writer %d: %d frames", w, n)
		}
	}
	if !bytes.Equal(all, closeFrame(core.CloseReason{Code: 1001})) {
		t.Errorf("the end is %x", all)
	}
}

// Wherever the kernel stops in a chunk, the next end is a frame's, and within.
func FuzzFrameEnd(f *testing.F) {
	f.Add([]byte{1, 2, 3}, uint8(0), uint32(0))
	f.Add([]byte{125, 126, 127, 255}, uint8(9), uint32(130))
	f.Add([]byte{255, 255, 0, 1}, uint8(255), uint32(70000))
	f.Fuzz(func(t *testing.T, sizes []byte, torn uint8, at uint32) {
		var frames []waitingFrame
		total := int(torn)
		ends := map[int]bool{total: true}
		for i, s := range sizes[:min(len(sizes), 64)] {
			fr := frame(make([]byte, 1+int(s)*[]int{1, 3, 260, 1}[i%4]))
			if i%5 == 4 {
				fr = hub.ControlFrame(pingFrame)
			}
			frames = append(frames, waitingFrame{fr, fr.WebSocket()})
			total += len(fr.WebSocket())
			ends[total] = true
		}
		n := int(at) % (total + 1)
		if end := frameEnd(n, int(torn), frames); end < n || end > total || !ends[end] {
			t.Fatalf("behind byte %d of %d the frame ends at %d", n, total, end)
		}
	})
}

func FuzzCloseText(f *testing.F) {
	f.Add(strings.Repeat("x", 200))
	f.Add(strings.Repeat("é", 100))
	f.Add("x" + strings.Repeat("漢", 60))
	f.Add(strings.Repeat("\x80", 200))
	f.Fuzz(func(t *testing.T, text string) {
		got := closeText(text)
		if len(got) > 123 || !strings.HasPrefix(text, got) {
			t.Fatalf("%q of %q", got, text)
		}
		if utf8.ValidString(text) && (!utf8.ValidString(got) || len(text) > 123 && len(got) < 120) {
			t.Fatalf("%q of %q", got, text)
		}
		if b := closeFrame(core.CloseReason{Code: 4000, Text: text}); int(b[1]) != len(b)-2 || b[1] > 125 {
			t.Fatalf("a close frame of %d bytes says %d", len(b), b[1])
		}
	})
}
