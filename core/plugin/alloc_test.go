package plugin_test

import (
	"testing"

	"github.com/driplet/driplet/core/metrics"
	"github.com/driplet/driplet/core/plugin"
)

// An event that asks for nothing makes the host allocate nothing, counted or not.
func TestAnEventAllocatesNothing(t *testing.T) {
	for name, meter := range map[string]plugin.Meter{"counted": metrics.New().Plugin, "uncounted": nil} {
		t.Run(name, func(t *testing.T) {
			r := mustLoad(t, map[string]plug{"p": {granting("p"), echo()}}, func(o *plugin.Options) { o.Trace, o.Meter = nil, meter })
			ev := message("p.x", `{"room":"lobby","text":"hello, everybody"}`)
			if n := testing.AllocsPerRun(1000, func() {
				if _, err := r.Decide(t.Context(), ev); err != nil {
					t.Error(err)
				}
			}); n != 0 {
				t.Errorf("%v allocations an event", n)
			}
		})
	}
}
