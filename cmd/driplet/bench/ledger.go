package bench

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// ledger knows how many deliveries are due and how many have come, so that
// publishers can keep a window, and losses are known at the end.
type ledger struct {
	arrived atomic.Int64
	wakeAt  atomic.Int64 // a publisher waits for so many arrivals; never: nobody does
	wake    chan struct{}

	turn sync.Mutex // one publisher waits at a time

	mu     sync.Mutex
	live   []int64 // connections, by topic
	posted []int64 // messages, by topic
	due    int64   // deliveries
	gone   int64   // deliveries no longer due: their connections were closed
}

const never = int64(1) << 62

// stallAfter is how long nothing may arrive before what is due counts as lost.
const stallAfter = 5 * time.Second

var errStalled = errors.New("nothing has arrived for 5 s although deliveries are due")

func newLedger(topics int) *ledger {
	l := &ledger{wake: make(chan struct{}, 1), live: make([]int64, topics), posted: make([]int64, topics)}
	l.wakeAt.Store(never)
	return l
}

// arrive counts n deliveries. It is called once a read.
func (l *ledger) arrive(n int64) {
	if l.arrived.Add(n) >= l.wakeAt.Load() {
		l.rouse()
	}
}

func (l *ledger) rouse() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// join and leave count a topic's connections. had is how many messages the one
// that leaves got of those posted since it joined; targeted messages are not
// due to anybody else, so they are left to count as lost.
func (l *ledger) join(topic int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live[topic]++
}

func (l *ledger) leave(topic int, had int64, everybody bool) {
	l.mu.Lock()
	l.live[topic]--
	if missing := l.posted[topic] - had; everybody && missing > 0 {
		l.due -= missing
		l.gone += missing
	}
	l.mu.Unlock()
	l.rouse()
}

// room waits until fewer than window messages are under way; 0 is no window.
// Each of them is due to share connections on the average.
func (l *ledger) room(ctx context.Context, window int, share float64) error {
	if window == 0 {
		return ctx.Err()
	}
	l.turn.Lock()
	defer l.turn.Unlock()
	return l.await(ctx, func(due int64) int64 { return due - int64(float64(window-1)*share) })
}

// drain waits for everything that is due.
func (l *ledger) drain(ctx context.Context) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	return l.await(ctx, func(due int64) int64 { return due })
}

func (l *ledger) await(ctx context.Context, want func(due int64) int64) error {
	stall := time.NewTimer(stallAfter)
	defer stall.Stop()
	defer l.wakeAt.Store(never)
	for last := int64(-1); ; {
		l.mu.Lock()
		need := want(l.due)
		l.mu.Unlock()
		l.wakeAt.Store(need)
		got := l.arrived.Load()
		if got >= need {
			return ctx.Err()
		}
		if got != last {
			last = got
			stall.Reset(stallAfter)
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
			return ctx.Err()
		case <-stall.C:
			if l.arrived.Load() == last {
				return errStalled
			}
		}
	}
}

// post counts a message before it is sent: to everybody on a topic, or to one
// connection. unpost takes it back: it was refused.
func (l *ledger) post(topic int, everybody bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if everybody {
		l.posted[topic]++
		l.due += l.live[topic]
	} else {
		l.due++
	}
}

func (l *ledger) unpost(topic int, everybody bool) {
	l.mu.Lock()
	if everybody {
		l.posted[topic]--
		l.due -= l.live[topic]
	} else {
		l.due--
	}
	l.mu.Unlock()
	l.rouse()
}

// missing is what is due and has not come; forget starts anew.
func (l *ledger) missing() (due, gone, missing int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.due, l.gone, max(l.due-l.arrived.Load(), 0)
}
