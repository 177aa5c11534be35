package client

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"
)

// frameOf is a server's frame; flags are FIN, the reserved bits and the opcode.
func frameOf(flags byte, payload string) []byte {
	b := []byte{flags}
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

const greeting = `{"type":"welcome","session":"s","ping":25,"max_frame":65536}`

// scripted is a server that sends these bytes after the upgrade, in parts of
// any length, and then reads until the client leaves.
func scripted(t *testing.T, parts ...[]byte) (url string) {
	return scriptedBy(t, httptest.NewServer, parts...)
}

func scriptedBy(t *testing.T, start func(http.Handler) *httptest.Server, parts ...[]byte) string {
	up := gws.NewUpgrader(gws.BuiltinEventHandler{}, &gws.ServerOption{SubProtocols: []string{"driplet.v2"}})
	s := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nc, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		if _, err := up.UpgradeFromConn(nc, rw.Reader, r); err != nil {
			return
		}
		for _, part := range parts {
			if _, err := nc.Write(part); err != nil {
				return
			}
			time.Sleep(time.Millisecond) // so that parts arrive apart; nothing depends on it
		}
		nc.SetReadDeadline(time.Now().Add(time.Minute))
		io.Copy(io.Discard, bufio.NewReader(nc))
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

// listen connects and returns what Hear is told, and how it ended.
func listen(t *testing.T, d Dialer, url string) (frames []*Frame, end *Closed) {
	t.Helper()
	d.Hear = func(_ *Conn, f *Frame) { frames = append(frames, f) }
	c, err := d.Dial(context.Background(), url, "t")
	if err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	return frames, c.Err()
}

func TestFragmentsAndControlFrames(t *testing.T) {
	closing := frameOf(0x88, "\x0f\xa1too late") // 4001
	whole := bytes.Join([][]byte{
		frameOf(0x81, greeting),
		frameOf(0x01, `{"type":"message",`), frameOf(0x89, "ping"), frameOf(0x00, `"topic":"a","mess`), frameOf(0x8a, ""), frameOf(0x80, `age":1}`),
		frameOf(0x82, `{"type":"message","topic":"b","message":2}`),
		closing,
	}, nil)
	var bytewise [][]byte
	for i := range whole {
		bytewise = append(bytewise, whole[i:i+1])
	}
	for _, parts := range [][][]byte{{whole}, bytewise} {
		frames, end := listen(t, Dialer{}, scripted(t, parts...))
		if len(frames) != 2 || frames[0].Topic != "a" || string(frames[0].Message) != "1" || frames[1].Topic != "b" {
			t.Fatalf("%d frames: %+v", len(frames), frames)
		}
		if end.Code != 4001 || end.Text != "too late" || end.ComeBack() {
			t.Errorf("closed: %v", end)
		}
	}
}

func TestBrokenServers(t *testing.T) {
	hello := frameOf(0x81, greeting)
	for _, c := range []struct {
		bytes []byte
		want  string
	}{
		{frameOf(0xc1, "{}"), "reserved bits"},
		{frameOf(0x83, "{}"), "unknown opcode 3"},
		{frameOf(0x8b, ""), "unknown opcode 11"},
		{frameOf(0x09, ""), "control frame is in fragments"},
		{frameOf(0x89, strings.Repeat("x", 126)), "over 125 bytes"},
		{[]byte{0x81, 0x80, 0, 0, 0, 0}, "masks its frames"},
		{[]byte{0x82, 127, 1, 0, 0, 0, 0, 0, 0, 0}, "over the limit"},
		{frameOf(0x80, "x"), "mixes the fragments"},
		{append(frameOf(0x01, "x"), frameOf(0x81, "x")...), "mixes the fragments"},
		{frameOf(0x81, "hello"), "not of the protocol"},
	} {
		_, end := listen(t, Dialer{}, scripted(t, append(hello[:len(hello):len(hello)], c.bytes...)))
		if end.Code != 1006 || !strings.Contains(end.Error(), c.want) {
			t.Errorf("%q: %v", c.bytes, end)
		}
	}
	for _, c := range []struct{ first, want string }{
		{`{"type":"message","topic":"a","message":1}`, "not a welcome"},
		{`{"event":"pusher:connection_established"}`, "not a welcome"},
	} {
		if _, err := Dial(context.Background(), scripted(t, frameOf(0x81, c.first)), ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.first, err)
		}
	}
}

func TestNotAServer(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
	}{
		{502, "<html>bad gateway", "answered 502 Bad Gateway: is it the WebSocket of an endpoint"},
		{404, `{"error":{"code":"not_found","message":"there is nothing here","retry":false}}`, "not_found: there is nothing here"},
		{200, strings.Repeat("x", 100_000), "answered 200 OK"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		}))
		_, err := Dial(context.Background(), "ws"+strings.TrimPrefix(s.URL, "http"), "t")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d: %v", c.status, err)
		}
		s.Close()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		if nc, err := l.Accept(); err == nil {
			cancel() // it never answers
			defer nc.Close()
			io.Copy(io.Discard, nc)
		}
	}()
	if _, err := Dial(ctx, "ws://"+l.Addr().String(), ""); err == nil {
		t.Error("a mute server was connected to")
	}
}

func TestTLS(t *testing.T) {
	big := strings.Repeat("x", 100_000)
	url := scriptedBy(t, httptest.NewTLSServer, frameOf(0x81, greeting),
		append(frameOf(0x81, `{"type":"message","topic":"a","message":"`+big+`"}`), frameOf(0x81, `{"type":"message","topic":"b","message":1}`)...),
		frameOf(0x88, ""))
	frames, end := listen(t, Dialer{TLS: &tls.Config{InsecureSkipVerify: true}}, url)
	if len(frames) != 2 || len(frames[0].Message) != len(big)+2 || frames[1].Topic != "b" || end.Code != 1005 {
		t.Errorf("%d frames, closed: %v", len(frames), end)
	}
	if _, err := Dial(context.Background(), url, ""); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority: %v", err)
	}
}

// A silent server is asked, and left when it says nothing.
func TestSilence(t *testing.T) {
	c := &Conn{ping: time.Hour, heard: time.Now(), asked: false, socket: &socket{Conn: &net.TCPConn{}}}
	if err := c.silent(); err != nil {
		t.Error("a server that was just heard counts as silent")
	}
	c.heard, c.asked = time.Now().Add(-2*time.Hour), true
	if err := c.silent(); err == nil || !strings.Contains(err.Error(), "gone silent") {
		t.Error(err)
	}
}

type countingTap struct{ frames, flushes int }

func (p *countingTap) Frame([]byte) bool { p.frames++; return true }
func (p *countingTap) Flush(int)         { p.flushes++ }

func TestTapCostsNoAllocation(t *testing.T) {
	var batch []byte
	for i := range 100 {
		batch = append(batch, frameOf(0x81, fmt.Sprintf(`{"type":"message","topic":"a","message":%d}`, i))...)
	}
	p := &countingTap{}
	c := &Conn{dialer: Dialer{Tap: p}}
	if n := testing.AllocsPerRun(100, func() {
		if rest, _, err := c.take(batch); err != nil || len(rest) != 0 {
			t.Fatal(rest, err)
		}
	}); n != 0 || p.frames != 101*100 {
		t.Errorf("%g allocations a batch, %d frames", n, p.frames)
	}
}

// However a stream is split, the same frames come out of it, and nothing that
// a server sends can bring the client down.
func FuzzCut(f *testing.F) {
	f.Add(append(frameOf(0x81, greeting), frameOf(0x88, "\x03\xe8")...), 3)
	f.Add(frameOf(0x82, strings.Repeat("x", 300)), 200)
	f.Add([]byte{0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}, 1)
	f.Fuzz(func(t *testing.T, stream []byte, at int) {
		var sizes []int
		for b := stream; ; {
			p, size, err := cut(b)
			if err != nil || size == 0 || size > len(b) {
				break
			}
			if len(p.payload) > size-2 {
				t.Fatalf("a payload of %d bytes in a frame of %d", len(p.payload), size)
			}
			sizes = append(sizes, size)
			b = b[size:]
		}
		if len(sizes) == 0 || at < 0 || at >= sizes[0] {
			return
		}
		if _, size, err := cut(stream[:at]); err != nil || size != 0 && size != sizes[0] {
			t.Fatalf("the first %d bytes of a frame of %d: size %d, %v", at, sizes[0], size, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(greeting))
	f.Add([]byte(`{"type":"error","id":"x","error":{"code":"quota","message":"m","retry":true,"data":{}}}`))
	f.Add([]byte(`{"type":"reply","id":18446744073709551616,"data":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		frame, err := decode(text)
		if err != nil {
			return
		}
		(&Conn{}).answer(frame)
	})
}
