package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Callback counts the events that backends answer, by the endpoint and the
// pattern of their callback.
type Callback struct {
	events  *prometheus.CounterVec
	seconds *prometheus.CounterVec
}

func newCallback(f factory) *Callback {
	return &Callback{
		events:  f.counters("callback_events_total", "Events handed to a callback, by how they ended: ok, refused, failed, timeout, busy or stopped.", "endpoint", "match", "outcome"),
		seconds: f.counters("callback_seconds_total", "Seconds from events to their callbacks' answers, waiting included.", "endpoint", "match"),
	}
}

// Called counts one event.
func (c *Callback) Called(endpoint, match, outcome string, took time.Duration) {
	c.events.WithLabelValues(endpoint, match, outcome).Inc()
	c.seconds.WithLabelValues(endpoint, match).Add(took.Seconds())
}
