package plugin_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// inLane is a guest that goes on until the lane holds somebody, itself.
func inLane() []byte {
	g := newGuest("now")
	return g.finish(asm.Loop(asm.Call(g.funcs["now"]), asm.I64Const(0), []byte{0x51}, asm.BrIf(0)), asm.I64Const(0)) // i64.eq
}

// clock tells guests how many are in the lane, in milliseconds since 1970.
func clock(r **rig) func(*plugin.Options) {
	return func(o *plugin.Options) {
		o.Manual = true
		o.Now = func() time.Time {
			if *r == nil {
				return time.UnixMilli(0)
			}
			return time.UnixMilli(int64((*r).InLane()))
		}
	}
}

// Whoever takes long goes on in the lane, and leaves it at the end.
func TestLongEventsEnterTheLane(t *testing.T) {
	var r *rig
	r = mustLoad(t, map[string]plug{"p": {granting("p") + "[limits]\ndeadline = \"10s\"\n", inLane()}}, clock(&r))
	for range 3 {
		if _, err := r.Decide(t.Context(), message("p.x", "1")); err != nil {
			t.Fatal(err)
		}
		if n := r.InLane(); n != 0 {
			t.Fatalf("%d instances are in the lane after the event", n)
		}
	}
}

// However many take long, a processor is left to others, and all that wait
// for the lane are stopped at their deadlines.
func TestTheLaneLeavesAProcessor(t *testing.T) {
	var r *rig
	var mu sync.Mutex
	most := 0
	count := func(o *plugin.Options) {
		o.Manual = true
		o.Now = func() time.Time {
			if r != nil {
				mu.Lock()
				most = max(most, r.InLane())
				mu.Unlock()
			}
			return time.UnixMilli(0)
		}
	}
	r = mustLoad(t, map[string]plug{
		"p": {granting("p") + "[limits]\ndeadline = \"100ms\"\ninstances = 8\n", again("now")},
		"q": {granting("q") + "[limits]\ndeadline = \"100ms\"\ninstances = 8\n", newGuest().endless()},
	}, count, impatient)
	var group sync.WaitGroup
	for _, event := range []string{"p.x", "q.x"} {
		for range 8 {
			group.Go(func() {
				if _, err := r.Decide(t.Context(), message(event, "1")); core.AsError(err).Code != core.CodePluginFailed {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	if limit := max(1, runtime.GOMAXPROCS(0)-1); most > limit {
		t.Errorf("%d were in the lane, which has room for %d", most, limit)
	}
	if n := strings.Count(r.log.String(), late); n != 16 {
		t.Errorf("the log tells of %d that were late, not 16", n)
	}
	if n := r.InLane(); n != 0 {
		t.Errorf("%d instances are in the lane at the end", n)
	}
}

// What follows a failure is in the lane from its beginning, the next plugin's
// events are not.
func TestAPluginThatFailedStaysInTheLane(t *testing.T) {
	var r *rig
	r = mustLoad(t, map[string]plug{
		"p": {granting("p"), newGuest("now").call("now").finish(asm.Unreachable)},
		"q": {granting("q"), newGuest("now").call("now").answer("1", false)},
	}, clock(&r))
	ask := func(event string) int64 {
		r.Decide(t.Context(), message(event, "1"))
		calls := r.calls()
		return calls[len(calls)-1]
	}
	if n := ask("p.x"); n != 0 {
		t.Errorf("%d are in the lane before the first failure", n)
	}
	seen := false
	for n := 0; n < 100 && !seen; n++ { // one of them comes soon enough after another
		seen = ask("p.x") == 1
	}
	if !seen {
		t.Error("none of 100 failures had the next event in the lane")
	}
	if n := ask("q.x"); n != 0 {
		t.Errorf("another plugin's event: %d are in the lane", n)
	}
	if n := r.InLane(); n != 0 {
		t.Errorf("%d instances are in the lane at the end", n)
	}
}

// Where failures come one after the other, each holds its place; its caller has
// the answer before, and others have the other places.
func TestFailuresRest(t *testing.T) {
	r := mustLoad(t, map[string]plug{
		"one": {granting("one") + "[limits]\ninstances = 1\ndeadline = \"60ms\"\n", newGuest().finish(asm.Unreachable)},
	}, func(o *plugin.Options) { o.LeastDeadline, o.Manual = 0, true })
	began := time.Now()
	for range 4 {
		_, err := r.Decide(t.Context(), message("one.x", "1"))
		wantCode(t, err, core.CodePluginFailed)
	}
	// The first one frees its place at once, and nobody waits for the last.
	if took := time.Since(began); took < 2*plugin.DefaultDeadline {
		t.Errorf("four failures took %v", took)
	}
}
