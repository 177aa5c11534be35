// Package client is the other end of a version 2 connection, for this
// project's own tools and tests: it connects, asks, hears, and tells how the
// connection ended. core/wire/PROTOCOL.md is what it speaks.
//
// gws does the handshake and writes frames. Reading is its own: a tool that
// measures a server on the same machine must cost less than the server, and
// one that holds many thousands of connections can spare neither a buffer nor
// an allocation a message for each. An idle connection is one goroutine.
package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lxzan/gws"

	"github.com/driplet/driplet/core"
)

// Dialer makes one connection. The zero value hears nothing but answers.
type Dialer struct {
	TLS *tls.Config // for wss; nil: the system's roots

	// Hear is told every frame that answers no request, in order, by one
	// goroutine. The next frame waits until it returns. It must not wait for an
	// answer on its own connection.
	Hear func(*Conn, *Frame)

	// Tap sees every frame after the welcome first; nil: there is none.
	Tap Tap

	// Closed is told once how a connection ended that Dial returned.
	Closed func(*Closed)
}

// Tap looks at frames before anything is decoded, in the goroutine that reads.
type Tap interface {
	// Frame sees one frame, valid until it returns. True keeps it from
	// everybody else.
	Frame(frame []byte) (taken bool)
	// Flush ends a batch: every frame that one read brought, bytes with their
	// headers.
	Flush(bytes int)
}

// Conn is an open connection. Its methods may be called by any goroutine.
type Conn struct {
	dialer  Dialer
	socket  *socket
	ws      *gws.Conn
	in      input
	pieces  []byte // of a message in fragments
	pieced  bool
	ping    time.Duration // longest silence before the server is asked; 0: never
	heard   time.Time
	asked   bool        // a ping is out
	opening chan error  // the reading goroutine's, until the welcome
	refusal *core.Error // came in place of the welcome
	welcome Frame
	closing atomic.Bool // by this side

	mu      sync.Mutex
	last    uint64                 // id given to a request
	pending map[uint64]chan *Frame // nil while nothing is open

	done   chan struct{}
	closed *Closed // once done
}

// Dial is a zero Dialer's.
func Dial(ctx context.Context, url, token string) (*Conn, error) {
	return Dialer{}.Dial(ctx, url, token)
}

// Dial connects to url (ws://host/ws/endpoint, or wss) with a token, and
// returns after the server's welcome. A refusal has a *core.Error with the
// server's text in its chain, and a *Closed with the close code where there
// was one.
func (d Dialer) Dial(ctx context.Context, url, token string) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := d.shake(ctx, url, token)
	if err != nil {
		return nil, err
	}
	c.opening = make(chan error, 1)
	opening := c.opening
	go c.read()
	select {
	case err = <-opening:
	case <-ctx.Done():
		c.socket.Conn.Close()
		<-c.done
		err = fmt.Errorf("no welcome from %s: %w", url, ctx.Err())
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// dialTimeout bounds all of it where ctx does not.
const dialTimeout = 20 * time.Second

// Welcome is the first frame of the connection.
func (c *Conn) Welcome() *Frame { return &c.welcome }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err says how the connection ended; nil while it has not.
func (c *Conn) Err() *Closed {
	select {
	case <-c.done:
		return c.closed
	default:
		return nil
	}
}

// closeWait is how long the server may take to answer a close frame.
const closeWait = 2 * time.Second

// Close ends the connection with code 1000 and waits until it has ended.
// It must not be called by Hear, Tap or Closed.
func (c *Conn) Close() {
	if !c.closing.Swap(true) {
		c.socket.SetDeadline(time.Now().Add(closeWait))
		c.ws.WriteClose(closedNormal, nil)
	}
	<-c.done
}

// Abort ends the connection at once, without a word to the server. It does not
// wait.
func (c *Conn) Abort() {
	c.closing.Store(true)
	c.socket.Conn.Close()
}

// end runs once, when reading has ended with err.
func (c *Conn) end(err error) {
	var how *Closed
	if !errors.As(err, &how) {
		how = &Closed{Code: closedAbnormal, Err: err}
	}
	switch {
	case c.refusal != nil:
		how = &Closed{Code: how.Code, Text: how.Text, Err: c.refusal}
	case c.closing.Load() && how.Code == closedAbnormal:
		how = &Closed{Code: closedNormal}
	}
	c.socket.Conn.Close()
	c.in.release()
	c.mu.Lock()
	open := c.pending
	c.pending, c.closed = nil, how
	close(c.done)
	c.mu.Unlock()
	for _, answer := range open {
		close(answer)
	}
	if c.opening != nil {
		c.opening <- how
		return
	}
	if c.dialer.Closed != nil {
		c.dialer.Closed(how)
	}
}
