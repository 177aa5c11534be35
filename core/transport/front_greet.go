package transport

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"time"
)

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

// greet reads what a connection wants and sees to it, again and again as long
// as it asks the API.
func (f *Front) greet(c *net.TCPConn) {
	v := visits.Get().(*visit)
	defer v.end()
	defer f.forget(c)
	if !v.begin(f, c) {
		c.Close() // it is closed already
		return
	}
	for {
		r := v.next()
		if !v.begun && !f.asks(c) || r == nil && v.head.Buffered() == 0 {
			c.Close()
			return
		}
		switch {
		case r == nil:
			v.free()
			f.hand(&begun{TCPConn: c, head: bytes.Clone(v.rest())})
			return
		case r.Method == http.MethodGet:
			v.free()
			w := &answer{conn: c, head: v.head}
			f.handler.ServeHTTP(w, r)
			w.finish()
			return
		case !f.reply(v, r) || !f.add(c):
			c.Close()
			return
		}
		v.idle(f.idle)
	}
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
