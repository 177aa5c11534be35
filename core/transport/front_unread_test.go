package transport

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Who asks and asks and never reads an answer is let go in the end, and with it
// all that it held.
func TestFrontEndsWhoReadsNoAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := NewFront(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write(make([]byte, 64<<10))
	}))
	f.header, f.idle = 200*time.Millisecond, 200*time.Millisecond
	go f.Run()
	t.Cleanup(func() { f.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	asked := strings.Repeat("POST /api/x HTTP/1.1\r\nHost: driplet\r\nContent-Length: 1\r\n\r\nx", 20)
	c.SetWriteDeadline(time.Now().Add(time.Minute))
	for err == nil { // until the server lets go
		_, err = c.Write([]byte(asked))
	}
	if e, ok := err.(net.Error); ok && e.Timeout() {
		t.Fatal("it is still served after a minute")
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		f.mu.Lock()
		left := len(f.own)
		f.mu.Unlock()
		if left == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the connection is still kept")
		}
	}
}

// What becomes a WebSocket after it has asked the API is bound by no deadline
// of the API's.
func TestFrontLeavesNoDeadline(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const idle = 50 * time.Millisecond
	f := NewFront(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.Write([]byte("ok"))
			return
		}
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		time.Sleep(30 * idle) // past every deadline that there was
		if _, err := c.Write([]byte("HTTP/1.1 101 later\r\n\r\n")); err != nil {
			t.Error(err)
		}
		c.Close()
	}))
	f.header, f.idle = 20*idle, idle
	go f.Run()
	t.Cleanup(func() { f.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	// Both at once: what is slow here must not let the wait for the second end.
	_, err = c.Write([]byte("POST /api/x HTTP/1.1\r\nHost: driplet\r\nContent-Length: 1\r\n\r\nx" +
		"GET /ws/x HTTP/1.1\r\nHost: driplet\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(c)
	if err != nil || !strings.Contains(string(all), "101 later") {
		t.Errorf("%q, %v", all, err)
	}
}
