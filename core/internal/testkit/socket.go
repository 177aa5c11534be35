package testkit

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Opcodes of RFC 6455, 5.2, and its first bits.
const (
	Continuation = 0x0
	Text         = 0x1
	Binary       = 0x2
	Close        = 0x8
	Ping         = 0x9
	Pong         = 0xa
	Fin          = 0x80
)

// Socket is a client's end of a WebSocket that sends whatever it is told.
type Socket struct {
	net.Conn
	In *bufio.Reader
	t  testing.TB
}

// Frame is a frame as it came: its first byte, and its payload.
type Frame struct {
	First   byte
	Payload []byte
}

// String shows the frame in a failed test.
func (f Frame) String() string { return fmt.Sprintf("%x %q", f.First, f.Payload) }

// Opcode is the frame's kind.
func (f Frame) Opcode() byte { return f.First & 0x0f }

// Key is a WebSocket handshake's.
const Key = "dGhlIHNhbXBsZSBub25jZQ=="

// Handshake is the text of a request for a WebSocket. header are whole lines.
func Handshake(path string, header ...string) string {
	lines := []string{"GET " + path + " HTTP/1.1", "Host: driplet", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + Key}
	return strings.Join(append(lines, header...), "\r\n") + "\r\n\r\n"
}

// Dial opens a connection and says nothing on it.
func (s *Server) Dial() *Socket { return DialTo(s.t, s.Addr) }

// DialTo is Dial for a server elsewhere.
func DialTo(t testing.TB, addr string) *Socket {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	w := &Socket{c, bufio.NewReader(c), t}
	w.Conn.SetReadDeadline(time.Now().Add(patience))
	return w
}

// Request opens a connection, sends text and reads the answer's head; its body
// is read where it is no upgrade.
func (s *Server) Request(text string) (*Socket, Answer) {
	s.t.Helper()
	w := s.Dial()
	w.Raw([]byte(text))
	return w, w.Answer()
}

// Answer reads the answer to a request.
func (w *Socket) Answer() Answer {
	w.t.Helper()
	res, err := http.ReadResponse(w.In, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	a := Answer{Status: res.StatusCode, Header: res.Header, Close: res.Close}
	if res.StatusCode != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(res.Body)
		if err != nil {
			w.t.Fatal(err)
		}
		a.Body = string(body)
	}
	return a
}

// Upgrade makes a handshake that must succeed.
func (s *Server) Upgrade(path string, header ...string) *Socket {
	s.t.Helper()
	w, a := s.Request(Handshake(path, header...))
	if a.Status != http.StatusSwitchingProtocols {
		s.t.Fatalf("GET %s: %d %s", path, a.Status, a.Body)
	}
	return w
}

// V1 connects a version 1 client.
func (s *Server) V1(token string) *Socket {
	s.t.Helper()
	return s.Upgrade("/ws/default?token=" + token)
}

// V2 connects a version 2 client and reads its welcome.
func (s *Server) V2(token string) *Socket {
	s.t.Helper()
	w := s.Upgrade("/ws/default", "Sec-WebSocket-Protocol: driplet.v2, bearer."+token)
	w.Wait(`"type":"welcome"`)
	return w
}

// Raw sends bytes as they are.
func (w *Socket) Raw(p []byte) {
	w.t.Helper()
	if _, err := w.Write(p); err != nil {
		w.t.Fatal(err)
	}
}

// MakeFrame is a masked frame; first is Fin, reserved bits and opcode.
func MakeFrame(first byte, payload []byte) []byte {
	b := append(Header(first, uint64(len(payload))), payload...)
	key := b[len(b)-len(payload)-4:]
	for i := range payload {
		key[4+i] ^= key[i&3]
	}
	return b
}

// Header is the header of a masked frame, whatever length it announces.
func Header(first byte, length uint64) []byte {
	b := []byte{first, 0x80}
	switch {
	case length < 126:
		b[1] |= byte(length)
	case length <= 0xffff:
		b[1] |= 126
		b = binary.BigEndian.AppendUint16(b, uint16(length))
	default:
		b[1] |= 127
		b = binary.BigEndian.AppendUint64(b, length)
	}
	var key [4]byte
	rand.Read(key[:])
	return append(b, key[:]...)
}

// CloseWriteSide ends what the client says, and no more.
func (w *Socket) CloseWriteSide() { w.Conn.(*net.TCPConn).CloseWrite() }

// Send sends a whole frame.
func (w *Socket) Send(opcode byte, payload string) {
	w.t.Helper()
	w.Raw(MakeFrame(Fin|opcode, []byte(payload)))
}

// Say sends a text frame.
func (w *Socket) Say(text string) {
	w.t.Helper()
	w.Send(Text, text)
}

// Ask sends a text frame with an id and waits for its reply or error.
func (w *Socket) Ask(text string) string {
	w.t.Helper()
	var c struct{ ID json.RawMessage }
	if err := json.Unmarshal([]byte(text), &c); err != nil || c.ID == nil {
		w.t.Fatalf("no request with an id: %s", text)
	}
	w.Say(text)
	return w.Wait(fmt.Sprintf(`"id":%s`, c.ID))
}

// Subscribe subscribes, and is sure of it.
func (w *Socket) Subscribe(topic string) {
	w.t.Helper()
	if r := w.Ask(fmt.Sprintf(`{"type":"subscribe","topic":%q,"id":"s"}`, topic)); !strings.Contains(r, `"reply"`) {
		w.t.Fatalf("subscribe to %s: %s", topic, r)
	}
}

// ReadFrame reads one frame; errors are for the caller. A server's frame must
// not be masked or in fragments, and have no reserved bits.
func (w *Socket) ReadFrame() (f Frame, err error) {
	var h [10]byte
	if _, err = io.ReadFull(w.In, h[:2]); err != nil {
		return f, err
	}
	if h[0]&0xf0 != Fin || h[1]&0x80 != 0 {
		return f, fmt.Errorf("the server's frame begins with %x", h[:2])
	}
	n := uint64(h[1])
	switch n {
	case 126:
		_, err = io.ReadFull(w.In, h[2:4])
		n = uint64(binary.BigEndian.Uint16(h[2:]))
	case 127:
		_, err = io.ReadFull(w.In, h[2:10])
		n = binary.BigEndian.Uint64(h[2:])
	}
	if err != nil {
		return f, err
	}
	if n > 64<<20 {
		return f, fmt.Errorf("the server's frame has %d bytes", n)
	}
	f = Frame{h[0], make([]byte, n)}
	_, err = io.ReadFull(w.In, f.Payload)
	return f, err
}

// Next is the next frame but for pings, which are answered.
func (w *Socket) Next() Frame {
	w.t.Helper()
	for {
		w.SetReadDeadline(time.Now().Add(patience))
		f, err := w.ReadFrame()
		if err != nil {
			w.t.Fatalf("no frame came: %v", err)
		}
		if f.Opcode() != Ping {
			return f
		}
		w.Write(MakeFrame(Fin|Pong, f.Payload)) // the connection may have ended meanwhile
	}
}

// Wait returns the next text frame that holds text.
func (w *Socket) Wait(text string) string {
	w.t.Helper()
	for {
		switch f := w.Next(); f.Opcode() {
		case Text:
			if strings.Contains(string(f.Payload), text) {
				return string(f.Payload)
			}
		case Close:
			w.t.Fatalf("closed with %d %q instead of a frame with %q", code(f), f.Payload[min(2, len(f.Payload)):], text)
		}
	}
}

// Closed reads up to the close frame, and then to the end, which must be an
// orderly one. What came before it is said, too.
func (w *Socket) Closed() (closeCode uint16, text string, before []Frame) {
	w.t.Helper()
	for {
		f := w.Next()
		if f.Opcode() != Close {
			before = append(before, f)
			continue
		}
		w.Write(MakeFrame(Fin|Close, f.Payload[:min(2, len(f.Payload))]))
		if rest, err := io.ReadAll(w.In); err != nil || len(rest) > 0 {
			w.t.Errorf("behind the close frame %q: %d bytes, %v", f.Payload, len(rest), err)
		}
		return code(f), string(f.Payload[min(2, len(f.Payload)):]), before
	}
}

func code(f Frame) uint16 {
	if len(f.Payload) < 2 {
		return 1005 // RFC 6455, 7.1.5
	}
	return binary.BigEndian.Uint16(f.Payload)
}

// WantClose reads to the close frame, whose code and text must be these.
func (w *Socket) WantClose(want uint16, text string) (before []Frame) {
	w.t.Helper()
	got, said, before := w.Closed()
	if got != want || !strings.Contains(said, text) {
		w.t.Errorf("closed with %d %q, want %d with %q", got, said, want, text)
	}
	return before
}
