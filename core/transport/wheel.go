package transport

import (
	"math/rand/v2"
	"sync"

	"github.com/driplet/driplet/core"
)

// wheel visits every connection when something is due: one clock for all of
// them, a slot a second, and no timer per connection.
type wheel struct {
	mu    sync.Mutex
	now   int64 // unix seconds; the last slot that was visited
	slots [wheelSlots][]*conn
}

// wheelSlots is more than the furthest that anything lies ahead.
const wheelSlots = 64

func (w *wheel) add(c *conn, at int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now != 0 {
		at = min(max(at, w.now+1), w.now+wheelSlots-1)
	}
	w.slots[at%wheelSlots] = append(w.slots[at%wheelSlots], c)
}

// turn visits everything due up to now. visit says when next; 0 is never.
func (w *wheel) turn(now int64, visit func(c *conn, now int64) (next int64)) {
	w.mu.Lock()
	from := w.now + 1
	if w.now == 0 || now-w.now > wheelSlots {
		from = now - wheelSlots + 1
	}
	var due []*conn
	for s := from; s <= now; s++ {
		due = append(due, w.slots[s%wheelSlots]...)
		w.slots[s%wheelSlots] = nil
	}
	w.now = max(now, w.now)
	w.mu.Unlock()
	for _, c := range due {
		if next := visit(c, now); next > 0 {
			w.add(c, next)
		}
	}
}

// spread lets connections that came together be pinged apart.
func spread() int64 { return rand.Int64N(pingSeconds) }

// warnBefore is how many seconds before its end a token's client is told.
const warnBefore = 30

// visit pings a connection, ends one that has died or whose token has expired,
// and says when to come again.
func (t *WebSockets) visit(c *conn, now int64) (next int64) {
	if c.closing.Load() {
		return 0
	}
	if now-c.heard.Load() > pingSeconds+silence {
		c.closing.Store(true)
		c.Conn.Close() // the read loop does the rest
		return 0
	}
	next = now + pingSeconds
	if expires := c.session.ExpiryEnforced(); expires > 0 {
		switch left := expires - now; {
		case left <= 0:
			t.node.Close(c.session, core.CloseExpired, "the token has expired: connect with a new one")
			return 0
		case left <= warnBefore:
			if !c.warned {
				c.warned = true
				t.node.Warn(c.session, int(left))
			}
			next = min(next, expires)
		default:
			c.warned = false
			next = min(next, expires-warnBefore)
		}
	}
	c.out.write(pingFrame)
	return next
}
