package metrics

import "github.com/prometheus/client_golang/prometheus"

// Plugin counts what plugins do.
type Plugin struct {
	Events   *prometheus.CounterVec // plugin
	Refusals *prometheus.CounterVec // plugin
	Failures *prometheus.CounterVec // plugin: traps and deadlines
	Seconds  *prometheus.CounterVec // plugin: time spent in handlers
}

func newPlugin(f factory) *Plugin {
	return &Plugin{
		Events:   f.counters("plugin_events_total", "Events handled by a plugin.", "plugin"),
		Refusals: f.counters("plugin_refusals_total", "Events that a plugin refused.", "plugin"),
		Failures: f.counters("plugin_failures_total", "Events that ended in a trap or at the deadline.", "plugin"),
		Seconds:  f.counters("plugin_seconds_total", "Seconds spent in a plugin's handlers.", "plugin"),
	}
}
