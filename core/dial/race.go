package dial

import (
	"context"
	"net"
	"net/netip"
	"time"
)

const (
	// attemptDelay is how long an attempt has for itself before the next address
	// is tried beside it (RFC 8305, section 5).
	attemptDelay = 250 * time.Millisecond
	// maxAttempts bounds what a name's owner can have one request connect to:
	// 4 s of attempts, more than most requests have. Other addresses of the name
	// are left alone.
	maxAttempts = 16
)

// inTurn puts addresses of both families in turn, beginning with that of the
// first (RFC 8305, section 4): where one family is broken, every second attempt
// is of the other.
func inTurn(addrs []netip.Addr) []netip.Addr {
	var preferred, others []netip.Addr
	for _, a := range addrs {
		if a.Is4() == addrs[0].Is4() {
			preferred = append(preferred, a)
		} else {
			others = append(others, a)
		}
	}
	out := make([]netip.Addr, 0, len(addrs))
	for i := range max(len(preferred), len(others)) {
		if i < len(preferred) {
			out = append(out, preferred[i])
		}
		if i < len(others) {
			out = append(out, others[i])
		}
	}
	return out
}

// race tries one address after the other until there is a connection: the next
// one when an attempt fails, or none has for attemptDelay, beside those that are
// under way. It returns when all attempts have ended; the error is that
// of the first to fail. addrs has at least one.
func race(ctx context.Context, addrs []netip.Addr, connect func(context.Context, netip.Addr) (net.Conn, error)) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conn net.Conn
		err  error
	}
	results := make(chan result)
	addrs = addrs[:min(len(addrs), maxAttempts)]
	underWay := 0
	begin := func() {
		if len(addrs) == 0 || ctx.Err() != nil {
			return
		}
		a := addrs[0]
		addrs = addrs[1:]
		underWay++
		go func() {
			conn, err := connect(ctx, a)
			results <- result{conn, err}
		}()
	}
	next := time.NewTicker(attemptDelay)
	defer next.Stop()

	var won net.Conn
	var failure error
	for begin(); underWay > 0; {
		select {
		case <-next.C:
			begin()
		case r := <-results:
			underWay--
			switch {
			case r.err != nil:
				if failure == nil {
					failure = r.err
				}
				next.Reset(attemptDelay)
				begin() // nothing once there is a winner: ctx has ended
			case won != nil:
				r.conn.Close()
			default:
				won = r.conn
				cancel()
			}
		}
	}
	switch {
	case won != nil:
		return won, nil
	case failure == nil: // ctx had ended before anything was begun
		return nil, ctx.Err()
	}
	return nil, failure
}
