package transport

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Front stands between a plain TCP listener and an HTTP server. Connections
// that begin with a WebSocket handshake it gives to the handler itself; all
// others the server gets, by Accept, with nothing lost of what was read.
//
// net/http is made for requests: a connection that is hijacked from it leaves
// two buffers, two goroutines and a context behind (RATIONALE.md has figures).
type Front struct {
	net.Listener
	handler http.Handler
	others  chan net.Conn
	waiting chan *net.TCPConn // to a greeter that has nothing to do
	closed  chan struct{}
	close   sync.Once

	greeted sync.WaitGroup

	mu     sync.Mutex
	silent map[net.Conn]struct{} // have not said yet what they want; nil once closed
}

// NewFront returns a Front for l, which nobody else accepts from. Run must follow.
func NewFront(l net.Listener, h http.Handler) *Front {
	return &Front{Listener: l, handler: h, others: make(chan net.Conn), waiting: make(chan *net.TCPConn), closed: make(chan struct{}), silent: map[net.Conn]struct{}{}}
}

// Accept waits for a connection that is no WebSocket's.
func (f *Front) Accept() (net.Conn, error) {
	select {
	case c := <-f.others:
		return c, nil
	case <-f.closed:
		return nil, net.ErrClosed
	}
}

// Close ends listening, Run, and the connections that have said nothing yet.
func (f *Front) Close() (err error) {
	f.close.Do(func() {
		err = f.Listener.Close()
		close(f.closed)
		f.mu.Lock()
		silent := f.silent
		f.silent = nil
		f.mu.Unlock()
		for c := range silent {
			c.Close()
		}
	})
	return err
}

// Run accepts until Close, and returns when all handshakes are over.
func (f *Front) Run() {
	defer f.greeted.Wait()
	pause := time.Duration(0)
	for {
		c, err := f.Listener.Accept()
		switch {
		case err == nil:
			pause = 0
			tcp, ok := c.(*net.TCPConn)
			switch {
			case !ok:
				f.greeted.Go(func() { f.hand(c) })
			case f.add(tcp):
				select {
				case f.waiting <- tcp:
				default:
					f.greeted.Go(func() { f.greeter(tcp) })
				}
			}
		case errors.Is(err, net.ErrClosed):
			return
		default:
			// Out of descriptors, most likely: others may close theirs.
			pause = min(max(2*pause, shortPause), longPause)
			select {
			case <-time.After(pause):
			case <-f.closed:
				return
			}
		}
	}
}

// Pauses between attempts to accept after a failure.
const (
	shortPause = 5 * time.Millisecond
	longPause  = time.Second
)

func (f *Front) add(c net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.silent == nil {
		c.Close()
		return false
	}
	f.silent[c] = struct{}{}
	return true
}

// remove reports whether the connection may go on.
func (f *Front) remove(c net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.silent, c)
	return f.silent != nil
}

// greeter greets one connection after the other, and ends when none has come
// for a while: a new goroutine would have its stack copied several times until
// it is large enough for a handshake.
func (f *Front) greeter(c *net.TCPConn) {
	idle := time.NewTimer(greeterIdle)
	defer idle.Stop()
	for {
		f.greet(c)
		idle.Reset(greeterIdle)
		select {
		case c = <-f.waiting:
		case <-idle.C:
			return
		case <-f.closed:
			return
		}
	}
}

// greeterIdle is how long a greeter waits for the next connection.
const greeterIdle = time.Second

// greet reads what a connection wants and sees to it.
func (f *Front) greet(c *net.TCPConn) {
	c.SetReadDeadline(time.Now().Add(HeaderTime))
	head := heads.Get().(*bufio.Reader)
	defer func() {
		head.Reset(nil) // the pool keeps no connection
		heads.Put(head)
	}()
	head.Reset(c)
	whole := readHead(head)
	read, _ := head.Peek(head.Buffered())
	if !f.remove(c) {
		c.Close()
		return
	}
	c.SetReadDeadline(time.Time{})
	if whole {
		if r, err := http.ReadRequest(head); err == nil && bare(r) && checkHandshake(r) == nil {
			r.RemoteAddr = c.RemoteAddr().String()
			w := &answer{conn: c, head: head, header: http.Header{}}
			f.handler.ServeHTTP(w, r)
			w.finish()
			return
		}
	}
	f.hand(&begun{TCPConn: c, head: bytes.Clone(read)})
}

// HeaderTime is how long a client may take to send a request's header.
const HeaderTime = 10 * time.Second

// heads are buffers to read requests' headers into. Longer ones are the
// server's to read.
var heads = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4<<10) }}

// webSocketStart begins the handshakes of native clients.
const webSocketStart = "GET /ws/"

// readHead reads until a handshake's header is whole, and reports whether it is:
// the first bytes that tell otherwise end it.
func readHead(r *bufio.Reader) bool {
	for {
		p, _ := r.Peek(r.Buffered())
		n := min(len(p), len(webSocketStart))
		if string(p[:n]) != webSocketStart[:n] {
			return false
		}
		if bytes.Contains(p, []byte("\r\n\r\n")) {
			return true
		}
		if _, err := r.Peek(len(p) + 1); err != nil {
			return false
		}
	}
}

// bare tells requests that need nothing more of HTTP/1.1 than an answer.
func bare(r *http.Request) bool {
	return r.ProtoAtLeast(1, 1) && r.Host != "" && r.ContentLength == 0 && len(r.TransferEncoding) == 0
}

// hand gives a connection to the server.
func (f *Front) hand(c net.Conn) {
	select {
	case f.others <- c:
	case <-f.closed:
		c.Close()
	}
}

// begun is a connection of which something was read already.
type begun struct {
	*net.TCPConn
	head []byte
}

// Read gives what was read before first.
func (c *begun) Read(p []byte) (int, error) {
	if len(c.head) == 0 {
		return c.TCPConn.Read(p)
	}
	n := copy(p, c.head)
	if c.head = c.head[n:]; len(c.head) == 0 {
		c.head = nil
	}
	return n, nil
}

// WriteTo hides that of TCPConn, which knows nothing of head.
func (c *begun) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{c})
}
