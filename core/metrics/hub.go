package metrics

import "github.com/prometheus/client_golang/prometheus"

// Hub counts what the drain does.
type Hub struct {
	Subscriptions prometheus.Gauge
	Frames        prometheus.Counter // handed to connections
	Writes        prometheus.Counter // batches handed to connections
}

func newHub(f factory) *Hub {
	return &Hub{
		Subscriptions: f.gauge("subscriptions", "Subscriptions held now."),
		Frames:        f.counter("frames_sent_total", "Frames handed to connections."),
		Writes:        f.counter("writes_total", "Batches of frames handed to connections: frames a write is how far they coalesce."),
	}
}
