package plugin_test

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/driplet/driplet/core/plugin/internal/asm"
)

// BenchmarkLateness tells how late another goroutine's sleep of 1 ms ends while
// every processor runs guests that compute for about 100 ms.
func BenchmarkLateness(b *testing.B) {
	spin := newGuest().finish(
		asm.Loop(asm.LocalGet(4), asm.I32Const(1), asm.I32Add, asm.LocalTee(4), asm.I32Const(100_000_000), asm.I32LtU, asm.BrIf(0)),
		asm.I64Const(0))
	r := mustLoad(b, map[string]plug{"p": {granting("p"), spin}})
	var group sync.WaitGroup
	done := make(chan struct{})
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := r.Decide(b.Context(), message("p.x", `1`)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	var late []time.Duration
	for b.Loop() {
		start := time.Now()
		time.Sleep(time.Millisecond)
		late = append(late, time.Since(start)-time.Millisecond)
	}
	close(done)
	group.Wait()
	slices.Sort(late)
	b.ReportMetric(float64(late[len(late)/2].Microseconds()), "late-p50-us")
	b.ReportMetric(float64(late[len(late)*99/100].Microseconds()), "late-p99-us")
}
