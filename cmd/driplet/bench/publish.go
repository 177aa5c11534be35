package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/driplet/driplet/core"
)

// tryPublish sends the first messages, one after the other.
func (r *run) tryPublish(ctx context.Context) error {
	p, err := r.newPublisher(0)
	if err != nil {
		return err
	}
	defer p.close()
	for i := range max(warmUps, min(r.plan.Topics, 100)) {
		if err := r.ledger.room(ctx, 1, r.share()); err != nil {
			return err
		}
		topic, to := r.receiver(int64(i))
		if err := p.send(ctx, topic, to, r.since()); err != nil {
			return fmt.Errorf("publishing: %w%s", spoken(err), hint(&r.plan, err.Error()))
		}
	}
	r.warmed = p.seqs
	return nil
}

// receiver of the i-th message: topics in turn, or connections.
func (r *run) receiver(i int64) (topic int, to int64) {
	if r.plan.Targeted {
		s := r.subscribers[int(i)%len(r.subscribers)]
		return s.topic, s.index
	}
	return int(i) % r.plan.Topics, everybody
}

// share is how many connections hear a message, on the average.
func (r *run) share() float64 {
	if r.plan.Targeted {
		return 1
	}
	return float64(len(r.subscribers)) / float64(r.plan.Topics)
}

// publish runs the publishers for the plan's duration.
func (r *run) publish(ctx context.Context, start time.Time) error {
	g, ctx := errgroup.WithContext(ctx)
	for stream := range r.plan.Publishers {
		g.Go(func() error {
			p, err := r.newPublisher(stream)
			if err != nil {
				return err
			}
			defer p.close()
			if stream == 0 {
				copy(p.seqs, r.warmed)
				p.nonce = warmedNonces
			}
			if r.plan.Rate > 0 {
				return p.steady(ctx, start)
			}
			return p.saturate(ctx, start)
		})
	}
	return g.Wait()
}

// warmedNonces is past those that tryPublish has spent.
const warmedNonces = 1 << 20

// saturate keeps the window full.
func (p *publisher) saturate(ctx context.Context, start time.Time) error {
	r := p.run
	for i := int64(p.stream); time.Since(start) < r.plan.Duration; i += int64(r.plan.Publishers) {
		if err := r.ledger.room(ctx, r.plan.Window, r.share()); err != nil {
			return err
		}
		topic, to := r.receiver(i)
		if err := p.judge(ctx, p.send(ctx, topic, to, r.since())); err != nil {
			return err
		}
	}
	return nil
}

// steady publishes at the plan's rate. A message that is late because the
// server was slow to answer the one before is dated when it was due: the wait
// is the server's. One that is late because this process slept too long is not.
func (p *publisher) steady(ctx context.Context, start time.Time) error {
	r := p.run
	offset := int64(start.Sub(r.began))
	for i := int64(p.stream); ; i += int64(r.plan.Publishers) {
		due := time.Duration(float64(i) / r.plan.Rate * float64(time.Second))
		if due >= r.plan.Duration {
			return nil
		}
		at := offset + int64(due)
		if wait := time.Until(start.Add(due)); wait > 0 {
			select {
			case <-time.After(wait):
				at = r.since()
			case <-ctx.Done():
				return ctx.Err()
			}
		} else if ctx.Err() != nil || time.Since(start) > r.plan.Duration+stallAfter {
			return ctx.Err() // the rate is out of reach
		}
		topic, to := r.receiver(i)
		if err := p.judge(ctx, p.send(ctx, topic, to, at)); err != nil {
			return err
		}
	}
}

// retryPause follows a refusal that may pass.
const retryPause = 20 * time.Millisecond

// judge counts a publish that failed, and ends the run where the next would
// fail as well.
func (p *publisher) judge(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	var refusal *core.Error
	if !errors.As(err, &refusal) || !refusal.Retry {
		err = fmt.Errorf("publishing: %w%s", spoken(err), hint(&p.run.plan, err.Error()))
		p.run.fail(err)
		return err
	}
	p.run.note(refusal)
	select {
	case <-time.After(retryPause):
	case <-ctx.Done():
	}
	return ctx.Err()
}
