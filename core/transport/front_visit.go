package transport

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// visit is a connection of which Front does not know yet what it wants, or
// which asks the API.
type visit struct {
	front    *Front
	conn     *net.TCPConn
	calls    calls
	head     *bufio.Reader
	address  string
	deadline time.Time     // of reading; moved seldom, since that takes a lock and may wake a thread
	header   time.Duration // that a request's header may take, or the rest of its body
	written  time.Time     // the deadline of writing; zero: none yet
	blank    int           // bytes of line ends that may stand before the next request
	begun    bool          // a part of the request has come, and was waited for the rest
	request  request
	reply    reply
}

// blankBytes is what old clients put behind a body that its length does not
// count (RFC 9112, 2.2). The server takes as many.
const blankBytes = 4

// visits are used again, with buffers for requests' headers and small bodies.
// Longer ones are the server's to read.
var visits = sync.Pool{New: func() any { return &visit{head: bufio.NewReaderSize(nil, 4<<10)} }}

func (v *visit) begin(f *Front, c *net.TCPConn) bool {
	v.front, v.conn, v.address = f, c, c.RemoteAddr().String()
	v.head.Reset(&v.calls)
	v.blank, v.written, v.header, v.begun = 0, time.Time{}, f.header, false
	v.wait(f.header)
	return v.calls.begin(c) == nil
}

// end lets go of the connection; the pool keeps none.
func (v *visit) end() {
	v.front, v.conn = nil, nil
	v.calls.end()
	v.head.Reset(nil)
	visits.Put(v)
}

func (v *visit) wait(d time.Duration) {
	v.deadline = time.Now().Add(d)
	v.conn.SetReadDeadline(v.deadline)
}

// idle gives the next request about d to begin. The deadline of writing is for
// who asks and asks and never reads an answer: it lies so far behind that of
// reading that no answer under way can come too late.
func (v *visit) idle(d time.Duration) {
	v.blank, v.begun = blankBytes, false
	if time.Until(v.deadline) < d/2 {
		v.wait(d)
	}
	if v.written.Before(v.deadline.Add(d / 2)) {
		v.written = v.deadline.Add(2 * d)
		v.conn.SetWriteDeadline(v.written)
	}
}

// waitRest gives the rest of a request its time. One to the API is waited for where
// the server ends, a handshake would be refused then anyway.
func (v *visit) waitRest() (goesOn bool) {
	v.wait(v.header)
	if !v.begun && begins(v.rest(), apiStart) {
		v.begun = v.front.asks(v.conn)
		return v.begun
	}
	return true
}

// free ends the deadlines: the connection is another's from here on.
func (v *visit) free() {
	v.conn.SetReadDeadline(time.Time{})
	if !v.written.IsZero() {
		v.conn.SetWriteDeadline(time.Time{})
	}
}

// What begins the requests that Front answers itself.
const (
	webSocketStart = "GET /ws/"
	apiStart       = "POST /api/"
)

// next reads a request that Front answers. nil: it is the server's, or none
// came; what was read of it is still in head.
func (v *visit) next() *http.Request {
	if !v.readHead() {
		return nil
	}
	n, ok := v.request.parse(v.rest(), v.head)
	if r := &v.request.Request; ok && v.answers(r, n) {
		v.head.Discard(n)
		r.RemoteAddr = v.address
		return r
	}
	return nil
}

// rest is what was read and belongs to nobody yet, until the next reading.
func (v *visit) rest() []byte {
	p, _ := v.head.Peek(v.head.Buffered())
	return p
}

// readHead reads until a header is whole, and reports whether it may be one
// that Front answers: the first bytes that tell otherwise end it.
func (v *visit) readHead() bool {
	for waited := false; ; {
		p := v.rest()
		for ; v.blank > 0 && len(p) > 0 && (p[0] == '\r' || p[0] == '\n'); p = p[1:] {
			v.blank--
			_, _ = v.head.Discard(1) // it is there
		}
		if !begins(p, webSocketStart) && !begins(p, apiStart) {
			return false
		}
		// A line may end without its CR (RFC 9112, 2.2): net/http's to judge.
		if bytes.Contains(p, []byte("\n\r\n")) || bytes.Contains(p, []byte("\n\n")) {
			return true
		}
		if len(p) > 0 && !waited {
			if waited = true; !v.waitRest() {
				return false
			}
		}
		if _, err := v.head.Peek(len(p) + 1); err != nil {
			return false
		}
	}
}

// begins reports whether p, as far as it goes, begins with start.
func begins(p []byte, start string) bool {
	n := min(len(p), len(start))
	return string(p[:n]) == start[:n]
}

// answers reports whether Front answers r, whose header has n bytes: it asks
// for nothing but an answer, and its body, if it has one, is here.
func (v *visit) answers(r *http.Request, n int) bool {
	if r.Method == http.MethodGet {
		return r.ContentLength == 0 && checkHandshake(r) == nil
	}
	return r.ContentLength > 0 && unremarkable(r.Header) && v.complete(n+int(r.ContentLength))
}

// complete waits for a request of n bytes that has room in the buffer.
func (v *visit) complete(n int) bool {
	if n <= v.head.Buffered() {
		return true
	}
	if n > v.head.Size() {
		return false
	}
	if !v.waitRest() {
		return false
	}
	_, err := v.head.Peek(n)
	return err == nil
}

// unremarkable tells headers that ask nothing of the connection.
func unremarkable(h http.Header) bool {
	const keep = "keep-alive"
	connection, expects := h["Connection"], h["Expect"]
	return len(expects) == 0 && h["Upgrade"] == nil && (len(connection) == 0 || len(connection) == 1 && strings.EqualFold(connection[0], keep))
}
