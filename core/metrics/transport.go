package metrics

import "github.com/prometheus/client_golang/prometheus"

// Transport counts what happens on sockets.
type Transport struct {
	TooSlow  prometheus.Counter
	Received prometheus.Counter
	Dropped  *Dropped
	Gaps     prometheus.Counter
}

// Dropped counts messages that slow connections did not get, by the policy of
// their topic.
type Dropped struct{ Oldest, Replaced prometheus.Counter }

func newTransport(f factory) *Transport {
	dropped := f.counters("messages_dropped_total", "Messages dropped on connections that read too slowly, by the policy of their topic: drop-oldest, or latest.", "policy")
	return &Transport{
		Dropped:  &Dropped{dropped.WithLabelValues("drop-oldest"), dropped.WithLabelValues("latest")},
		Gaps:     f.counter("gaps_total", "Subscriptions to topics with history that ended because their connections read too slowly; clients recover by subscribing again."),
		TooSlow:  f.counter("slow_connections_total", "Connections closed because their queue was full."),
		Received: f.counter("frames_received_total", "Frames received from clients."),
	}
}
