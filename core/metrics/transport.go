package metrics

import "github.com/prometheus/client_golang/prometheus"

// Transport counts what happens on sockets.
type Transport struct {
	TooSlow  prometheus.Counter
	Received prometheus.Counter
}

func newTransport(f factory) *Transport {
	return &Transport{
		TooSlow:  f.counter("slow_connections_total", "Connections closed because their queue was full."),
		Received: f.counter("frames_received_total", "Frames received from clients."),
	}
}
