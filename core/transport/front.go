package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// Front stands between a plain TCP listener and an HTTP server. What comes by
// the thousand it gives to the handler itself: WebSocket handshakes, and small
// requests to the API. Connections that ask for anything else the server gets,
// by Accept, with nothing lost of what was read.
//
// net/http is made for all that HTTP can be: a connection that is hijacked from
// it leaves two buffers, two goroutines and a context behind, and every request
// starts a goroutine and moves seven deadlines (RATIONALE.md has figures).
type Front struct {
	net.Listener
	handler http.Handler
	header  time.Duration // HeaderTime
	idle    time.Duration // IdleTime
	others  chan net.Conn
	waiting chan *net.TCPConn // to a greeter that has nothing to do
	closed  chan struct{}
	ended   chan struct{} // Run has
	close   sync.Once
	greeted sync.WaitGroup

	mu     sync.Mutex
	own    map[net.Conn]bool // connections that are Front's; true: asks for nothing just now
	ending bool
}

// HeaderTime is how long a client may take to send a request's header, and
// IdleTime how long until it begins with the next.
const (
	HeaderTime = 10 * time.Second
	IdleTime   = 2 * time.Minute
)

// NewFront returns a Front for l, which nobody else accepts from. Run must follow.
func NewFront(l net.Listener, h http.Handler) *Front {
	return &Front{
		Listener: l, handler: h, header: HeaderTime, idle: IdleTime,
		others: make(chan net.Conn), waiting: make(chan *net.TCPConn),
		closed: make(chan struct{}), ended: make(chan struct{}), own: map[net.Conn]bool{},
	}
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

// Close ends listening, Run, and the connections that ask for nothing just now.
func (f *Front) Close() (err error) {
	f.close.Do(func() {
		err = f.Listener.Close()
		close(f.closed)
		f.mu.Lock()
		f.ending = true
		for c, silent := range f.own {
			if silent {
				c.Close()
			}
		}
		f.mu.Unlock()
	})
	return err
}

// Wait waits after Close until everything is answered. When ctx is done before,
// the connections that are left are cut: their clients may not read.
func (f *Front) Wait(ctx context.Context) error {
	select {
	case <-f.ended:
		return nil
	case <-ctx.Done():
		f.mu.Lock()
		defer f.mu.Unlock()
		for c := range f.own {
			c.Close()
		}
		return ctx.Err()
	}
}

// Run accepts until Close, and returns when everything is answered.
func (f *Front) Run() {
	defer close(f.ended)
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

// add notes a connection that asks for nothing yet, or nothing more just now.
func (f *Front) add(c net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ending {
		c.Close()
		return false
	}
	f.own[c] = true
	return true
}

// asks notes that a connection asks for something, and reports whether it may
// go on.
func (f *Front) asks(c net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.own[c] = false
	return !f.ending
}

// forget lets go of a connection that is closed, or somebody else's.
func (f *Front) forget(c net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.own, c)
}
