package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/transport/client"
)

// dialers connect at the same time: enough to keep a far server busy, few
// enough not to fill its queue of handshakes.
const dialers = 32

var errDescriptors = errors.New("this process has too many open files")

// tokenLife outlives any run.
const tokenLife = 48 * time.Hour

// newID is eight letters that no other run has.
func newID() string { return rand.Text()[:runLetters] }

// connect opens and subscribes all connections. A refusal ends the phase: the
// next would be refused as well. With what was opened until then the
// measurement goes on.
func (r *run) connect(ctx context.Context, result *Result) error {
	tokens, err := r.tokens(ctx)
	if err != nil {
		return err
	}
	have := raiseDescriptors(len(tokens), spareDescriptors+r.plan.Publishers)
	if have < len(tokens) {
		fmt.Fprintf(r.plan.Progress, "warning     this process may open %s connections, and not %s: raise the limit with 'ulimit -n'\n", count(int64(have)), count(int64(len(tokens))))
	}
	var next, opened atomic.Int64
	var refused error
	var wg sync.WaitGroup
	var enough atomic.Bool // refused: those under way still come to their end
	start := time.Now()
	stop := r.progress("connecting", func() string {
		n := opened.Load()
		return fmt.Sprintf("%s of %s, %s/s", count(n), count(int64(r.plan.Connections)), count(perSecond(n, time.Since(start))))
	})
	for range min(dialers, r.plan.Connections) {
		wg.Go(func() {
			for ctx.Err() == nil && !enough.Load() {
				i := int(next.Add(1)) - 1
				if i >= len(tokens) {
					return
				}
				began, err := time.Now(), errDescriptors
				if i < have {
					err = r.open(ctx, i, tokens[i])
				}
				r.mu.Lock()
				switch {
				case err == nil:
					r.connects.add(int64(time.Since(began)))
					opened.Add(1)
				case refused == nil && ctx.Err() == nil:
					refused = err
					enough.Store(true)
				}
				r.mu.Unlock()
			}
		})
	}
	wg.Wait()
	stop()
	result.connected(opened.Load(), time.Since(start), &r.connects)
	fmt.Fprintf(r.plan.Progress, "%-11s %s of %s, %s/s\n", "subscribed", count(opened.Load()), count(int64(r.plan.Connections)), count(int64(result.Connect.PerSecond)))
	if refused != nil {
		if opened.Load() == 0 {
			return fmt.Errorf("%w%s", refused, hint(&r.plan, refused.Error()))
		}
		result.Connect.Refusal = refused.Error()
		result.Connect.Hint = hint(&r.plan, refused.Error())
		fmt.Fprintf(r.plan.Progress, "refused     after %s connections: %s%s\n", count(opened.Load()), refused, result.Connect.Hint)
	}
	if opened.Load() == 0 && ctx.Err() != nil {
		return errors.New("ended before anything was connected")
	}
	return nil
}

// tokens signs one for each connection, beforehand: it is not the server's
// time.
func (r *run) tokens(ctx context.Context) ([]string, error) {
	out := make([]string, r.plan.Connections)
	now := time.Now()
	for i := range out {
		token, err := auth.Mint(r.plan.JWTSecret, map[string]any{
			"iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), "topics": []string{r.plan.topic(i % r.plan.Topics)},
			"custom": map[string]any{r.plan.UserClaim: r.user(int64(i)), "roles": []string{"bench"}},
		})
		if err != nil {
			return nil, err
		}
		out[i] = token
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return out, nil
}

// user is nobody who exists.
func (r *run) user(i int64) string { return fmt.Sprintf("bench-%s-%d", r.id, i) }

func (r *run) open(ctx context.Context, i int, token string) error {
	s := &subscriber{run: r, shard: &r.shards[i%len(r.shards)], topic: i % r.plan.Topics, index: int64(i), last: make([]int64, r.plan.Publishers)}
	conn, err := client.Dialer{Hear: s.hear, Tap: s, Closed: s.left}.Dial(ctx, r.plan.WebSocket, token)
	if err != nil {
		return err
	}
	s.conn = conn
	if r.plan.Event == "" {
		_, err := conn.Request(ctx, client.Request{Type: "subscribe", Topic: r.plan.topic(s.topic)})
		if err != nil {
			conn.Abort()
			return fmt.Errorf("subscribing to %s: %w", r.plan.topic(s.topic), spoken(err))
		}
	}
	s.hears()
	return nil
}

// spoken is an error as people read it: the server's text first.
func spoken(err error) error {
	var e *core.Error
	var how *client.Closed
	if errors.As(err, &e) && !errors.As(err, &how) {
		return fmt.Errorf("%s (%s)", e.Message, e.Code)
	}
	return err
}

// disconnect ends all connections in order.
func (r *run) disconnect() {
	r.ending.Store(true)
	r.mu.Lock()
	all := r.subscribers
	r.mu.Unlock()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(dialers, len(all)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return
				}
				all[i].conn.Close()
			}
		})
	}
	wg.Wait()
}
