package plugin

import "sync"

// counters bounds the names of a plugin's metrics.
type counters struct {
	mu    sync.Mutex
	names map[string]bool
}

func (c *counters) admit(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.names[name] {
		return true
	}
	if len(c.names) == MaxMetricNames {
		return false
	}
	if c.names == nil {
		c.names = map[string]bool{}
	}
	c.names[name] = true
	return true
}
