package local

import (
	"context"
	"fmt"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// DefaultNonceCapacity bounds the nonces remembered at once. One lives for a
// minute or two, so this is past 60,000 signed requests a second; full, the
// table takes about 400 MB, which only such a rate ever fills.
const DefaultNonceCapacity = 8_000_000

const replaySeconds = int64(core.ReplayWindow / time.Second)

// nonces is the table of what was spent, filed under the requests' own
// timestamps. Its time is the wall clock's highest second so far: a clock
// stepped back finds the dropped seconds still dropped, and is refused.
type nonces struct {
	ageing[struct{}]
	now func() time.Time
}

// newNonces starts a table that remembers nothing, so it knows nothing of the
// time before: seconds before the present one are refused.
func newNonces(now func() time.Time, capacity int64) *nonces {
	n := &nonces{now: now}
	start := now().Unix()
	n.init(capacity, replaySeconds, start, start)
	return n
}

// Once spends a nonce, see engine.Nonces.
func (e *Engine) Once(ctx context.Context, credential, nonce string, timestamp time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if e.nonces.outside(timestamp.Unix()) {
		return engine.ErrTooOld
	}
	switch known, err := e.stamps.reach(credential, timestamp.Unix()); {
	case err != nil:
		return fmt.Errorf("engine: the data folder %s cannot be written to: %w", e.path, err)
	case !known:
		return engine.ErrTooOld
	}
	err := e.nonces.once(credential, nonce, timestamp.Unix())
	if err == engine.ErrFull && e.nonces.sweep() {
		err = e.nonces.once(credential, nonce, timestamp.Unix())
	}
	return err
}

// outside reports whether second lies further from now than any request may. Once
// asked again under a lock, time may have gone on.
func (n *nonces) outside(second int64) bool {
	now := n.advance(n.now().Unix())
	return second < now-replaySeconds || second > now+replaySeconds
}

func (n *nonces) once(credential, nonce string, second int64) error {
	now := n.advance(n.now().Unix())
	d := digestOf(credential, nonce)
	s := n.lock(d, now)
	defer s.mu.Unlock()
	// Asked under the lock: the bucket may have been dropped just now. Without
	// the upper bound a second far ahead would be held that long.
	if second < s.floor || second > now+replaySeconds {
		return engine.ErrTooOld
	}
	if _, spent := s.entries[d]; spent {
		return engine.ErrSpent
	}
	h := n.of(credential)
	if !n.take(h) {
		return engine.ErrFull
	}
	s.entries[d] = struct{}{}
	s.file(second, h, d)
	return nil
}

// sweep forgets what is over; it reports whether it looked.
func (n *nonces) sweep() bool { return n.sweepTo(n.advance(n.now().Unix())) }
