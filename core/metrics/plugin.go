package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Plugin counts what plugins do.
type Plugin struct {
	events  *prometheus.CounterVec
	seconds *prometheus.CounterVec
	own     *prometheus.CounterVec
	serving *prometheus.GaugeVec
	reloads *prometheus.CounterVec
}

func newPlugin(f factory) *Plugin {
	return &Plugin{
		events:  f.counters("plugin_events_total", "Events handled by a plugin, by how they ended: ok, refused, failed, busy or paused.", "plugin", "endpoint", "kind", "outcome"),
		seconds: f.counters("plugin_seconds_total", "Seconds spent in a plugin's handlers.", "plugin", "endpoint"),
		own:     f.counters("plugin_metric", "What a plugin counts itself, by the name it gave.", "plugin", "endpoint", "name"),
		serving: f.gauges("plugin_version", "1 for the version of a plugin that serves an endpoint.", "plugin", "endpoint", "version"),
		reloads: f.counters("plugin_reloads_total", "Attempts to change a running plugin, by how they ended: ok, or failed, which leaves the version before.", "plugin", "outcome"),
	}
}

// Handled counts one event.
func (p *Plugin) Handled(plugin, endpoint, kind, outcome string, took time.Duration) {
	p.events.WithLabelValues(plugin, endpoint, kind, outcome).Inc()
	p.seconds.WithLabelValues(plugin, endpoint).Add(took.Seconds())
}

// Counted adds to a plugin's own metric. A counter does not fall: what a
// plugin would take away is left out.
func (p *Plugin) Counted(plugin, endpoint, name string, value int64) {
	if value > 0 {
		p.own.WithLabelValues(plugin, endpoint, name).Add(float64(value))
	}
}

// Serving replaces the version that serves an endpoint; "" is none.
func (p *Plugin) Serving(plugin, endpoint, old, version string) {
	if old != "" {
		p.serving.DeleteLabelValues(plugin, endpoint, old)
	}
	if version != "" {
		p.serving.WithLabelValues(plugin, endpoint, version).Set(1)
	}
}

// Reloaded counts an attempt to change a running plugin.
func (p *Plugin) Reloaded(plugin string, ok bool) {
	outcome := "failed"
	if ok {
		outcome = "ok"
	}
	p.reloads.WithLabelValues(plugin, outcome).Inc()
}
