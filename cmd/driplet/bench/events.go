package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/driplet/driplet/core/transport/client"
)

// eventID is the id of every event: a connection has one open at a time.
const eventID = "bench"

// event is the frame that every connection sends.
func (r *run) event() []byte {
	data := r.plan.Data
	if data == nil {
		data = append(append([]byte(`"`), bytes.Repeat([]byte("x"), r.plan.Size-2)...), '"')
	}
	text, _ := json.Marshal(r.plan.Event)
	return fmt.Appendf(nil, `{"type":"event","event":%s,"data":%s,"id":"%s"}`, text, data, eventID)
}

// tryEvent sends the first event and shows a refusal.
func (r *run) tryEvent(ctx context.Context) error {
	for _, s := range r.subscribers {
		r.idle <- s
	}
	data := json.RawMessage(r.plan.Data)
	if data == nil {
		data, _ = json.Marshal(string(bytes.Repeat([]byte("x"), r.plan.Size-2)))
	}
	_, err := r.subscribers[0].conn.Request(ctx, client.Request{Type: "event", Event: r.plan.Event, Data: data})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("sending the event %s: %w%s", r.plan.Event, spoken(err), hint(&r.plan, err.Error()))
	}
	return ctx.Err()
}

// sendEvents keeps events under way for the plan's duration: at a rate, or so
// many at a time.
func (r *run) sendEvents(ctx context.Context, start time.Time) error {
	frame := r.event()
	offset := int64(start.Sub(r.began))
	starved := time.NewTimer(stallAfter)
	defer starved.Stop()
	for i := int64(0); ; i++ {
		at := int64(0)
		if r.plan.Rate > 0 {
			due := time.Duration(float64(i) / r.plan.Rate * float64(time.Second))
			if due >= r.plan.Duration {
				return nil
			}
			at = offset + int64(due)
			if wait := time.Until(start.Add(due)); wait > 0 {
				select {
				case <-time.After(wait):
					at = 0
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		if time.Since(start) > r.plan.Duration {
			return nil
		}
		if err := r.ledger.room(ctx, r.plan.Window, 1); err != nil {
			return err
		}
		starved.Reset(stallAfter)
		select {
		case s := <-r.idle:
			r.ask(s, frame, at)
		case <-ctx.Done():
			return ctx.Err()
		case <-starved.C:
			return errStalled // every connection waits, or is gone
		}
	}
}

func (r *run) ask(s *subscriber, frame []byte, at int64) {
	if at == 0 {
		at = r.since()
	}
	s.asked.Store(at)
	r.ledger.post(s.topic, false)
	if err := s.conn.WriteFrame(frame); err != nil {
		r.ledger.unpost(s.topic, false) // closed, and told so
		return
	}
	r.sent.Add(1)
}
