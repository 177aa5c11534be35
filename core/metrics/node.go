package metrics

import "github.com/prometheus/client_golang/prometheus"

// Node counts what clients and backends ask for, by endpoint.
type Node struct {
	connections *prometheus.GaugeVec
	published   *prometheus.CounterVec
	duplicates  *prometheus.CounterVec
	dropped     *prometheus.CounterVec
	events      *prometheus.CounterVec
	refused     *prometheus.CounterVec
}

// Endpoint is Node's counters of one endpoint, looked up once.
type Endpoint struct {
	Connections prometheus.Gauge
	Published   prometheus.Counter
	Duplicates  prometheus.Counter
	Dropped     prometheus.Counter
	Events      prometheus.Counter
	refused     *prometheus.CounterVec
}

func newNode(f factory) *Node {
	return &Node{
		connections: f.gauges("connections", "Clients connected now.", "endpoint"),
		published:   f.counters("published_total", "Messages placed on topics.", "endpoint"),
		duplicates:  f.counters("duplicates_total", "Publishes answered from their idempotency key.", "endpoint"),
		dropped:     f.counters("filtered_total", "Messages that a publish hook dropped; their publishers do not notice.", "endpoint"),
		events:      f.counters("client_events_total", "Events of clients handed to a handler.", "endpoint"),
		refused:     f.counters("refused_total", "Requests refused, by code; version 1 clients are refused in silence, but counted.", "endpoint", "code"),
	}
}

// Endpoint finds or makes the counters of an endpoint.
func (n *Node) Endpoint(name string) *Endpoint {
	return &Endpoint{
		Connections: n.connections.WithLabelValues(name),
		Published:   n.published.WithLabelValues(name),
		Duplicates:  n.duplicates.WithLabelValues(name),
		Dropped:     n.dropped.WithLabelValues(name),
		Events:      n.events.WithLabelValues(name),
		refused:     n.refused.MustCurryWith(prometheus.Labels{"endpoint": name}),
	}
}

// Refused counts a refusal with code.
func (e *Endpoint) Refused(code string) { e.refused.WithLabelValues(code).Inc() }
