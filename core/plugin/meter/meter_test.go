package meter_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/driplet/driplet/core/plugin/internal/asm"
	"github.com/driplet/driplet/core/plugin/meter"
)

// quantum is the fuel between two looks at the clock.
const quantum = 100_000

var (
	errLate = errors.New("past its deadline")
	errDeep = errors.New("call depth or stack")
)

// clock is a host's side of metering.
type clock struct {
	start, until time.Time // zero until: no deadline
	yields, most int       // most: 0 is any number
}

func (c *clock) yield(_ context.Context, s []uint64) {
	c.yields++
	s[0] = quantum
	if c.yields == c.most {
		panic(errLate)
	}
	if c.until.IsZero() {
		return
	}
	now := time.Now()
	if now.After(c.until) {
		panic(errLate)
	}
	if now.Sub(c.start) > 500*time.Microsecond {
		runtime.Gosched()
	}
}

func (c *clock) limit(d time.Duration) {
	c.start = time.Now()
	c.until = c.start.Add(d)
}

// newRuntime is a runtime with the host's functions.
func newRuntime(t testing.TB, c *clock) wazero.Runtime {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfig().WithMemoryLimitPages(65536))
	t.Cleanup(func() {
		if err := r.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	i64 := []api.ValueType{api.ValueTypeI64}
	_, err := r.NewHostModuleBuilder(meter.HostModule).
		NewFunctionBuilder().WithGoFunction(api.GoFunc(c.yield), i64, i64).Export(meter.HostYield).
		NewFunctionBuilder().WithGoFunction(api.GoFunc(func(context.Context, []uint64) { panic(errDeep) }), nil, nil).Export(meter.HostOverflow).
		Instantiate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// compare runs two things in turns and reports the medians and their ratio.
func compare(b *testing.B, run [2]func()) {
	var took [2][]float64
	const turns = 21
	for range turns {
		for i, f := range run {
			n := max(b.N/turns, 1)
			start := time.Now()
			for range n {
				f()
			}
			took[i] = append(took[i], float64(time.Since(start).Nanoseconds())/float64(n))
		}
	}
	slices.Sort(took[0])
	slices.Sort(took[1])
	plain, metered := took[0][turns/2], took[1][turns/2]
	b.ReportMetric(plain, "plain-ns")
	b.ReportMetric(metered, "metered-ns")
	b.ReportMetric(metered/plain, "ratio")
	b.ReportMetric(0, "ns/op")
}

// A trap names the guest's functions as its name section does, and the indices
// of calls, tables and exports still mean the same functions.
func TestTrapsKeepNames(t *testing.T) {
	m := new(asm.Module)
	nothing := m.Import("host", "nothing", "", "")
	inner := m.Func("", "", "", "", asm.Call(nothing), asm.Unreachable)
	outer := m.Func("run", "", "", "", asm.I32Const(0), asm.CallIndirect(m.Type("", "")))
	m.Table(1, 1)
	m.Elem(0, inner)
	names := asm.Code(asm.U32(2), asm.U32(uint32(inner)), []byte("\x05inner"), asm.U32(uint32(outer)), []byte("\x05outer"))
	m.Custom("name", asm.Code([]byte{1}, asm.U32(uint32(len(names))), names))
	_, f := start(t, new(clock), m.Bytes())
	_, err := f.Call(t.Context())
	if err == nil || !strings.Contains(err.Error(), "unreachable\nwasm stack trace:\n\t.inner()\n\t.outer()") {
		t.Fatalf("got %v", err)
	}
}

// The fuel that a guest took can be told: what yield gave and what is left.
func TestFuelIsCounted(t *testing.T) {
	m := new(asm.Module)
	m.Func("run", "", "", "i", asm.Loop(
		asm.LocalGet(0), asm.I32Const(1), asm.I32Add, asm.LocalTee(0), asm.I32Const(1_000_000), asm.I32LtU, asm.BrIf(0)))
	c := new(clock)
	mod, f := start(t, c, m.Bytes())
	if _, err := f.Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	left := int64(mod.ExportedGlobal(meter.FuelExport).Get())
	if took := int64(c.yields)*quantum - left; took < 7_000_000-int64(c.yields)*100 || took > 7_000_000 {
		t.Errorf("a million turns of 7 instructions took %d, %d yields", took, c.yields)
	}
}
