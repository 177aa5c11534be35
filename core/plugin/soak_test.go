package plugin_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/plugins"
)

// soak is for `go test -run TestSoak -timeout 0 ./core/plugin -soak 1h`.
var soak = flag.Duration("soak", 0, "let TestSoak run for this `time`, and for a million events at least")

// held is what a process holds on to.
type held struct {
	goroutines, descriptors, instances int
	modules, memory                    int64 // versions of plugins; bytes of guests' memory
	heap                               int64 // bytes in use after collections
}

// pulse counts what the soak does.
type pulse struct {
	plugin.Meter
	events, failures, instances, memory atomic.Int64
}

// Handled is plugin.Meter's.
func (p *pulse) Handled(_, _, _, outcome string, _ time.Duration, _ int64) {
	p.events.Add(1)
	if outcome == "failed" {
		p.failures.Add(1)
	}
}

// Resized is plugin.Meter's.
func (p *pulse) Resized(_, _ string, instances int, bytes int64) {
	p.instances.Add(int64(instances))
	p.memory.Add(bytes)
}

// Serving and Reloaded are plugin.Meter's.
func (p *pulse) Serving(_, _, _, _ string) {}
func (p *pulse) Reloaded(string, bool)     {}

// Counted is plugin.Meter's.
func (p *pulse) Counted(_, _, _ string, _ int64) {}

// Events, traps and reloads leave nothing behind: after many of them the process
// holds what it held after a few.
func TestSoak(t *testing.T) {
	const fewest, reloads = 20_000, 10
	dir := folder(t.TempDir())
	for _, file := range []string{"chat.toml", "chat.wasm"} {
		data, err := fs.ReadFile(plugins.Bundled(), "chat/"+file)
		if err != nil {
			t.Fatal(err)
		}
		dir.write(t, file, data)
	}
	places := "[limits]\ninstances = 128\n" // a failure keeps one for a while
	dir.put(t, "trap", "1.0.0", granting("trap")+places, newGuest().finish(asm.Unreachable))
	dir.put(t, "turn", "0", granting("turn"), echo())
	var p pulse
	r := dir.serve(t, func(o *plugin.Options) { o.Meter, o.Trace, o.Manual = &p, nil, true })
	r.services.SetSubscribed(map[string][]core.SessionID{"chat.lobby": {"s1"}})
	version := 0
	round := func(events int) {
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for n := range events / 4 {
					for event, data := range map[string]string{"chat.send": `{"room":"lobby","text":"hello there"}`, "turn.x": "1"} {
						if _, err := r.Decide(t.Context(), message(event, data)); err != nil {
							t.Errorf("%s: %v", event, err)
							return
						}
					}
					if n%20 == 0 {
						if _, err := r.Decide(t.Context(), message("trap.x", "1")); err == nil {
							t.Error("the trap answers")
						}
					}
				}
			})
		}
		version++
		dir.put(t, "turn", fmt.Sprint(version), granting("turn"), nil)
		r.reload(t, "turn")
		group.Wait()
		r.log.Reset()
	}
	round(fewest / reloads)
	round(fewest / reloads)
	before := holding(t, r, &p)
	start := time.Now()
	for n := 0; n < reloads || *soak > 0 && (time.Since(start) < *soak || p.events.Load() < 1_000_000); n++ {
		round(fewest / reloads)
	}
	var after held
	settled := func() bool {
		after = holding(t, r, &p)
		return after.goroutines <= before.goroutines+2 && after.modules == before.modules && after.instances <= before.instances+8
	}
	eventually(t, "an end of what came and went", settled)
	t.Logf("%d events, %d traps, %d reloads in %v", p.events.Load(), p.failures.Load(), version, time.Since(start).Round(time.Millisecond))
	t.Logf("before %+v", before)
	t.Logf("after  %+v", after)
	if after.heap > before.heap+8<<20 || after.descriptors > before.descriptors+2 || after.memory > before.memory+8<<20 {
		t.Errorf("something leaks: before %+v, after %+v", before, after)
	}
}

func holding(t *testing.T, r *rig, p *pulse) held {
	t.Helper()
	runtime.GC()
	runtime.GC() // what finalizers and pools gave up
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h := held{
		goroutines: runtime.NumGoroutine(), instances: int(p.instances.Load()), modules: r.Modules(), memory: p.memory.Load(), heap: int64(m.HeapAlloc),
	}
	if fds, err := os.ReadDir("/proc/self/fd"); err == nil {
		h.descriptors = len(fds)
	}
	return h
}
