package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine/local"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/core/plugin/lane"
	"github.com/driplet/driplet/core/target"
)

// stormy loads a storm as the plugin bad beside the plugin good, an echo.
func stormy(t testing.TB, s storm, change ...func(*plugin.Options)) *rig {
	t.Helper()
	// Writing MiBs of log through a lock is not what is looked at.
	quiet := func(o *plugin.Options) {
		o.LeastDeadline, o.Trace, o.Manual = 0, nil, true
		o.ParseTarget, o.Transport = target.Parse, gone{}
	}
	r := mustLoad(t, map[string]plug{
		"bad":  {granting("bad") + s.extra, s.wasm},
		"good": {granting("good") + "[limits]\ndeadline = \"10s\"\n", echo()},
	}, append([]func(*plugin.Options){quiet}, change...)...)
	var writes []core.Write
	for i := range 1000 {
		writes = append(writes, core.Write{Key: fmt.Sprintf("row/%04d", i), Value: make([]byte, 4<<10)})
	}
	if err := r.Store.KV("plugin/bad/a", 8<<20).Apply(t.Context(), writes); err != nil {
		t.Fatal(err)
	}
	var crowd []core.Member
	for i := range 1000 {
		crowd = append(crowd, core.Member{ID: strconv.Itoa(i), Info: []byte(`{"name":"Somebody"}`)})
	}
	r.services.SetMembers(map[string][]core.Member{"crowd": crowd})
	r.services.SetHistory(map[string]core.Past{"crowd": pastOf(1, plugin.MaxHistory, 64<<10)})
	return r
}

// gone is a network without anybody.
type gone struct{}

// RoundTrip fails.
func (gone) RoundTrip(*http.Request) (*http.Response, error) { return nil, os.ErrDeadlineExceeded }

// Every storm is stopped, for the reason it should be, with what it asked for
// undone, while another plugin on the same endpoint answers all its callers.
func TestStorms(t *testing.T) {
	for name, s := range storms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var published atomic.Int64
			r := stormy(t, s, func(o *plugin.Options) { o.Meter = nil })
			r.services.Published = func(*core.Event, string) { published.Add(1) }
			ctx, cancel := context.WithCancel(t.Context())
			var group sync.WaitGroup
			group.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					data := strconv.Itoa(n)
					if v, err := r.Decide(t.Context(), message("good.x", data)); err != nil || string(v.Data) != data {
						t.Errorf("good: %s, %v", v.Data, err)
						return
					}
				}
			})
			for range 2 { // the second one gets another instance
				_, err := r.Decide(t.Context(), message("bad.x", "1"))
				wantCode(t, err, core.CodePluginFailed)
			}
			cancel()
			group.Wait()
			if log := r.log.String(); strings.Count(log, s.why) < 2 {
				t.Errorf("the log does not say %q twice:\n%.2000s", s.why, log)
			}
			if n := r.InLane(); n > 0 {
				t.Errorf("%d instances are still in the lane", n)
			}
			if n := published.Load(); n > 0 {
				t.Errorf("%d messages were published", n)
			}
		})
	}
}

// BenchmarkStorms tells of each storm, with as many callers as processors: how
// late after its deadline of 50 ms it was stopped at most (0: it ends by itself), how much memory the
// process took more, how often it collected garbage, and how late another
// client's answers came over a socket, one asked for every millisecond, before,
// meanwhile, and with the pauses that a plugin gets which fails again and again
// (99th percentiles; -short leaves this one out). Run it with -benchtime 1x on a
// machine that does nothing else.
func BenchmarkStorms(b *testing.B) {
	all := storms()
	all["45 ms of work, then an answer"] = storm{wasm: diligent(45), answers: true}
	all["30 ms of scans, then an answer"] = storm{wasm: diligentScans(30), answers: true}
	fmt.Printf("\n%-32s %12s %10s %12s %14s %14s %14s\n", "guest", "late by, ms", "MiB more", "collections", "others: before", "meanwhile, ms", "with pauses")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				measureStorm(b, name, all[name])
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// diligent is a guest that computes for some milliseconds, and answers.
func diligent(ms int64) []byte { return diligently(newGuest("now"), ms) }

// diligentScans has the host list a namespace meanwhile.
func diligentScans(ms int64) []byte {
	g := newGuest("now", "kv_scan")
	return diligently(g, ms, g.invoke("kv_scan", text(""), plugin.MaxScan, 0, stormData, 2<<20))
}

func diligently(g *guest, ms int64, work ...[]byte) []byte {
	now, sub, less := asm.Call(g.funcs["now"]), []byte{0x7d}, []byte{0x53} // i64.sub, i64.lt_s
	const turns = 10_000
	g.Memory(stormPages, 0)
	g.Func("dr_abi", "", "i", "", asm.I32Const(1))
	g.Func("dr_alloc", "i", "i", "", asm.I32Const(guestBuffer))
	g.Func("dr_event", "iii", "I", "Ii", now, asm.LocalSet(3), asm.Loop(asm.Code(work...),
		asm.I32Const(turns), asm.LocalSet(4), asm.Loop(asm.LocalGet(4), asm.I32Const(-1), asm.I32Add, asm.LocalTee(4), asm.BrIf(0)),
		now, asm.LocalGet(3), sub, asm.I64Const(ms), less, asm.BrIf(0)), asm.I64Const(0))
	return g.Bytes()
}

// stormTime is how long each storm rages; with pauses, long enough for one of them.
const (
	stormTime  = time.Second
	pausedTime = 5 * time.Second
)

func measureStorm(b *testing.B, name string, s storm) {
	strict := rage(b, s, true, stormTime)
	var paused raged
	if !testing.Short() {
		paused = rage(b, s, false, pausedTime)
	}
	fmt.Printf("%-32s %12.1f %10.0f %12d %14.2f %14.2f %14.2f\n", name, strict.late, strict.peak, strict.collections, strict.before, strict.meanwhile, paused.meanwhile)
}

// raged is what a storm did: times in ms.
type raged struct {
	late, peak, before, meanwhile float64
	collections                   uint64
}

// rage lets a storm rage for a while. A strict one is never paused.
func rage(b *testing.B, s storm, strict bool, long time.Duration) (d raged) {
	store, err := local.Open("", nil, local.Options{}) // as a server has it; nothing is delivered
	if err != nil {
		b.Fatal(err)
	}
	r := stormy(b, s, func(o *plugin.Options) {
		o.Meter, o.Store, o.Manual, o.HeapRoom = nil, store, strict, lane.DefaultHeapRoom
		o.Log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	})
	defer func() {
		if err := errors.Join(r.Close(), store.Close()); err != nil {
			b.Error(err)
		}
	}()
	debug.FreeOSMemory()
	if strict {
		d.before = others(b, r, long)
	}
	start, cycles := residentMiB(b), collections()
	ctx, cancel := context.WithCancel(b.Context())
	var group sync.WaitGroup
	var latest atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				_, err := r.Decide(ctx, message("bad.x", "1"))
				over := int64(time.Since(began) - plugin.DefaultDeadline)
				switch {
				case err == nil && !s.answers:
					b.Error("a storm got an answer")
					return
				case err != nil && core.AsError(err).Code == core.CodeUnavailable:
					time.Sleep(time.Millisecond) // it is paused: a client's next question takes its time
					continue
				}
				// Who traps at once is not late: after a failure he waits for his place.
				for old := latest.Load(); s.why == late && over > old && !latest.CompareAndSwap(old, over); old = latest.Load() {
				}
			}
		})
	}
	group.Go(func() {
		for ctx.Err() == nil {
			d.peak = max(d.peak, residentMiB(b)-start)
			time.Sleep(10 * time.Millisecond)
		}
	})
	d.meanwhile = others(b, r, long)
	cancel()
	group.Wait()
	d.late, d.collections = float64(latest.Load())/1e6, collections()-cycles
	return d
}

// collections is how often the process has collected garbage.
func collections() uint64 {
	sample := []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// others is a client on a connection over loopback that asks for an echo each
// millisecond; it tells how late the answers come after their millisecond: the
// 99th percentile in ms. Timers alone would tell nothing of what Go's scheduler
// leaves to the network.
func others(b *testing.B, r *rig, long time.Duration) float64 {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	var served sync.WaitGroup
	defer served.Wait()
	served.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		for data := make([]byte, 1); ; {
			if _, err := conn.Read(data); err != nil {
				return // the client has gone
			}
			v, err := r.Decide(b.Context(), message("good.x", string(data)))
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := conn.Write(v.Data); err != nil {
				b.Error(err)
				return
			}
		}
	})
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	var took []float64
	data := []byte("1")
	for end := time.Now().Add(long); time.Now().Before(end); {
		due := time.Now().Add(time.Millisecond)
		time.Sleep(time.Millisecond)
		if _, err := conn.Write(data); err != nil {
			b.Fatal(err)
		}
		if _, err := conn.Read(data); err != nil {
			b.Fatal(err)
		}
		took = append(took, float64(time.Since(due))/1e6)
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

// residentMiB is the process's memory, where /proc tells it.
func residentMiB(b *testing.B) float64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	if err != nil {
		b.Fatal(err)
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}
