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
	now   int64 // the last second that was visited
	slots [wheelSlots][]*conn
	woke  int64 // when it turned again after it had stood still; the visits' alone
}

// wheelSlots is more than the furthest that anything lies ahead.
const wheelSlots = 64

// stoodStill is how many seconds without a turn say that the whole process did
// not run: silence of that time is nobody's fault.
const stoodStill = 5

// add has c visited at the second at, and no more when it was to be before.
func (w *wheel) add(c *conn, at int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.due = min(max(at, w.now+1), w.now+wheelSlots-1)
	w.slots[c.due%wheelSlots] = append(w.slots[c.due%wheelSlots], c)
}

// turn visits everything due up to now. visit says when next; 0 is never.
func (w *wheel) turn(now int64, visit func(c *conn, now int64) (next int64)) {
	for _, c := range w.collect(now) {
		if next := visit(c, now); next > 0 {
			w.add(c, next)
		}
	}
}

func (w *wheel) collect(now int64) (due []*conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now-w.now > stoodStill {
		w.woke = now
	}
	for s := max(w.now+1, now-wheelSlots+1); s <= now; s++ {
		for _, c := range w.slots[s%wheelSlots] {
			if c.due > 0 && c.due <= now { // else it was added anew
				c.due = 0
				due = append(due, c)
			}
		}
		w.slots[s%wheelSlots] = nil
	}
	w.now = max(now, w.now)
	return due
}

// begin puts a connection on the wheel. Those that came together are pinged
// apart.
func (t *WebSockets) begin(c *conn) {
	now := t.clock()
	c.pingAt = now + 1 + rand.Int64N(t.ping)
	t.wheel.add(c, now+1)
}

// warnBefore is how many seconds before its end a token's client is told. Of one
// that has no more than that the client is told at half of it: each new token is
// told of, and the client is not asked for another in the second in which it came.
const warnBefore = 30

// visit pings a connection, ends one that has died or whose token has expired,
// and says when to come again.
func (t *WebSockets) visit(c *conn, now int64) (next int64) {
	if c.closing.Load() {
		return 0
	}
	if now-max(c.heard.Load(), t.wheel.woke) > t.ping+t.silence {
		c.closing.Store(true)
		c.out.leave()
		reset(c.Conn) // the read loop does the rest
		return 0
	}
	if now >= c.pingAt {
		c.out.write(pingBatch)
		c.pingAt = now + t.ping
	}
	next = c.pingAt
	if expires := c.session.ExpiryEnforced(); expires > 0 {
		left := expires - t.node.Now().Unix()
		if expires != c.warnOf && left > 0 {
			c.warnOf, c.warnIn = expires, warnBefore
			if left <= warnBefore {
				c.warnIn = uint8(left+1) / 2
			}
		}
		switch warnIn := int64(c.warnIn); {
		case left <= 0:
			t.node.Close(c.session, core.CloseExpired, "the token has expired: connect with a new one")
			return 0
		case warnIn > 0 && left <= warnIn:
			c.warnIn = 0
			t.node.Warn(c.session, int(left))
			next = min(next, now+left)
		default:
			next = min(next, now+left-warnIn)
		}
	}
	return next
}
