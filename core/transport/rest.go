package transport

import "runtime"

// A goroutine that waits within gws' loop keeps a stack of 4 KB, half of what
// an idle connection costs. So where a client says little, its goroutine ends
// when it has read all there is, and another waits for more on a stack of 2 KB.

// rest waits until the client says something, and goes on reading then.
func (t *WebSockets) rest(c *conn) {
	if k, ok := c.out.kernel.(patient); ok {
		head, err := k.await()
		c.ended = err != nil || len(head) == 0
		if c.head = head; !c.ended {
			c.hear()
		}
	}
	t.serve(c)
}

// patient is a kernel that can wait for what a client sends without a buffer.
type patient interface {
	// await reads once, what there is. Nothing is the end; the error is that
	// of the reading, and the next one meets it too.
	await() ([]byte, error)
}

// lively is how many readings, less than two seconds apart, make a client one
// that goes on: for such a one, ending and beginning goroutines costs more than
// the stack is worth.
const lively = 4

// hear notes that the client has said something.
func (c *conn) hear() {
	now := c.t.clock()
	if now-c.heard.Swap(now) > 1 {
		c.heardLately = 0
	}
	c.heardLately = min(c.heardLately+1, lively)
}

// mayRest reports whether nothing of a frame has come that is not read, nor
// is more to be expected soon.
func (c *conn) mayRest() bool {
	if c.heardLately >= lively || c.ended || !c.guard.between() || c.closing.Load() {
		return false
	}
	_, ok := c.out.kernel.(patient)
	return ok
}

// pause leaves gws' loop between two frames; the loop keeps nothing on its
// stack there. Goexit runs what was deferred, which begins the rest (leave).
func (c *conn) pause() {
	c.resting = true
	runtime.Goexit()
}

// deepen lets the stack of a new goroutine grow from 2 to the 4 KB that a
// reader needs while there is next to nothing on it: grown where the first
// frame is handled, each of twenty calls has to be found and moved.
//
//go:noinline
func deepen() {
	var room [readerStack]byte
	runtime.KeepAlive(&room)
}

// readerStack is more than what is left of 2 KB, and less than of 4.
const readerStack = 1200
