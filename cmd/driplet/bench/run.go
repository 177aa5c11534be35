package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/driplet/driplet/core"
)

// run is one measurement under way.
type run struct {
	plan    Plan
	id      string // eight letters; tells this run's messages from others'
	began   time.Time
	ledger  *ledger
	shards  []shard
	idle    chan *subscriber // without an open event
	ending  atomic.Bool      // connections close by this side
	sent    atomic.Int64     // messages or events
	faulted chan struct{}    // closed when nothing can come of it

	mu          sync.Mutex
	subscribers []*subscriber
	warmed      []int64   // numbers that the first publisher has used, by topic
	connects    histogram // until subscribed
	answers     histogram // of the API
	closed      map[uint16]int
	errors      map[core.Code]int
	texts       []string // the server's own, each once
	fault       error
}

// maxTexts bounds what is kept of the server's texts.
const maxTexts = 8

// shardCount spreads the connections' counters: more than there are threads,
// so that two of them seldom meet.
const shardCount = 32

// Run carries a plan out. Ctrl-C, that is the end of ctx, ends it early and in
// order. The error says why nothing could be measured; what went wrong while
// measuring stands in the Result.
func Run(ctx context.Context, p Plan) (*Result, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	r := &run{
		plan: p, id: newID(), began: time.Now(), ledger: newLedger(p.Topics), shards: make([]shard, shardCount),
		idle: make(chan *subscriber, p.Connections), faulted: make(chan struct{}),
		closed: map[uint16]int{}, errors: map[core.Code]int{},
	}
	if r.plan.Topic == "" {
		r.plan.Topic = "driplet-bench-" + r.id
	}
	if r.plan.UserClaim == "" {
		r.plan.UserClaim = "uid"
	}
	result := newResult(&r.plan)
	cpu := clientCPU()
	defer r.disconnect()
	if err := r.connect(ctx, result); err != nil {
		return nil, err
	}
	if p.Duration > 0 && ctx.Err() == nil {
		if err := r.warm(ctx); err != nil && ctx.Err() == nil {
			return nil, err
		}
		if ctx.Err() == nil {
			r.measure(ctx, result)
		}
	}
	r.report(result)
	result.ClientCPU = (clientCPU() - cpu).Seconds()
	result.Interrupted = ctx.Err() != nil
	r.mu.Lock()
	defer r.mu.Unlock()
	return result, r.fault
}

// warmUps are the messages of each publisher that are sent before counting:
// they fill caches, and show what is wrong before it is measured.
const warmUps = 4

func (r *run) warm(ctx context.Context) error {
	var err error
	if r.plan.Event != "" {
		err = r.tryEvent(ctx)
	} else {
		err = r.tryPublish(ctx)
	}
	if err != nil {
		return err
	}
	switch err := r.ledger.drain(ctx); {
	case errors.Is(err, errStalled):
		due, _, missing := r.ledger.missing()
		return fmt.Errorf("of the first %d deliveries %d have not arrived after %s: does a topic rule or a proxy withhold them?", due, missing, stallAfter)
	case err != nil:
		return err
	}
	for i := range r.shards {
		r.shards[i].reset()
	}
	r.answers = histogram{}
	r.sent.Store(0)
	return nil
}

// measure is the phase that counts.
func (r *run) measure(ctx context.Context, result *Result) {
	due0, gone0, _ := r.ledger.missing()
	start := time.Now()
	stop := r.progress("measuring", func() string {
		total := r.total()
		return fmt.Sprintf("%s sent %s, arrived %s, %s/s, p99 %s", time.Since(start).Round(time.Second), count(r.sent.Load()),
			count(total.arrived), count(perSecond(total.arrived, time.Since(start))), milliseconds(total.latency.quantile(.99)))
	})
	phase, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-r.faulted:
			cancel()
		case <-phase.Done():
		}
	}()
	var stalled error
	if r.plan.Event != "" {
		stalled = r.sendEvents(phase, start)
	} else {
		stalled = r.publish(phase, start)
	}
	elapsed := time.Since(start)
	cancel()
	if stalled == nil || !errors.Is(stalled, errStalled) {
		// What is under way still counts, also after Ctrl-C.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*stallAfter)
		stalled = r.ledger.drain(last)
		cancel()
	}
	took := time.Since(start)
	if errors.Is(stalled, errStalled) {
		took = max(elapsed, took-stallAfter)
	}
	stop()
	due, gone, missing := r.ledger.missing()
	result.measured(r, due-due0, gone-gone0, missing, elapsed, took)
}

// note counts an error of the server and keeps its text.
func (r *run) note(e *core.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors[e.Code]++
	r.keep(e.Message)
}

func (r *run) keep(text string) {
	for _, t := range r.texts {
		if t == text {
			return
		}
	}
	if len(r.texts) < maxTexts {
		r.texts = append(r.texts, text)
	}
}

// fail ends the measurement: nothing can come of it.
func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault == nil {
		r.fault = err
		close(r.faulted)
	}
}

// since is the time in a mark.
func (r *run) since() int64 { return int64(time.Since(r.began)) }

// progress writes a line a second until stop.
func (r *run) progress(phase string, line func() string) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				fmt.Fprintf(r.plan.Progress, "%-11s %s\n", phase, line())
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}
