package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Plugin counts what plugins do.
type Plugin struct {
	events    *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	fuel      *prometheus.CounterVec
	instances *prometheus.GaugeVec
	memory    *prometheus.GaugeVec
	own       *prometheus.CounterVec
	serving   *prometheus.GaugeVec
	reloads   *prometheus.CounterVec

	mu    sync.RWMutex
	found map[handledKey]*handled
}

func newPlugin(f factory) *Plugin {
	return &Plugin{
		found:  map[handledKey]*handled{},
		events: f.counters("plugin_events_total", "Events handled by a plugin, by how they ended: ok, refused, failed, busy or paused.", "plugin", "endpoint", "kind", "outcome"),
		seconds: f.histograms("plugin_event_seconds", "How long a plugin's handlers take.",
			[]float64{10e-6, 30e-6, 100e-6, 300e-6, 1e-3, 3e-3, 10e-3, 30e-3, 100e-3, 1}, "plugin", "endpoint"),
		fuel:      f.counters("plugin_fuel_total", "What a plugin's handlers have computed, in about instructions.", "plugin", "endpoint"),
		instances: f.gauges("plugin_instances", "Instances of a plugin that there are.", "plugin", "endpoint"),
		memory:    f.gauges("plugin_memory_bytes", "Memory of a plugin's instances.", "plugin", "endpoint"),
		own:       f.counters("plugin_metric", "What a plugin counts itself, by the name it gave.", "plugin", "endpoint", "name"),
		serving:   f.gauges("plugin_version", "1 for the version of a plugin that serves an endpoint.", "plugin", "endpoint", "version"),
		reloads:   f.counters("plugin_reloads_total", "Attempts to change a running plugin, by how they ended: ok, or failed, which leaves the version before.", "plugin", "outcome"),
	}
}

// handledKey names what is counted together.
type handledKey struct{ plugin, endpoint, kind, outcome string }

// handled are the counters of a key: looking them up by their labels takes
// longer than all the rest of an event.
type handled struct {
	events, fuel prometheus.Counter
	seconds      prometheus.Observer
}

// Handled counts one event. What was busy or paused has taken no time.
func (p *Plugin) Handled(plugin, endpoint, kind, outcome string, took time.Duration, fuel int64) {
	h := p.find(handledKey{plugin, endpoint, kind, outcome})
	h.events.Inc()
	if took > 0 {
		h.seconds.Observe(took.Seconds())
		h.fuel.Add(float64(fuel))
	}
}

func (p *Plugin) find(k handledKey) *handled {
	p.mu.RLock()
	h := p.found[k]
	p.mu.RUnlock()
	if h != nil {
		return h
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	h = &handled{
		events: p.events.WithLabelValues(k.plugin, k.endpoint, k.kind, k.outcome),
		fuel:   p.fuel.WithLabelValues(k.plugin, k.endpoint), seconds: p.seconds.WithLabelValues(k.plugin, k.endpoint),
	}
	p.found[k] = h
	return h
}

// Resized counts instances and their memory, in bytes.
func (p *Plugin) Resized(plugin, endpoint string, instances int, bytes int64) {
	p.instances.WithLabelValues(plugin, endpoint).Add(float64(instances))
	p.memory.WithLabelValues(plugin, endpoint).Add(float64(bytes))
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
