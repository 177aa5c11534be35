//go:build linux && !race

package transport_test

import (
	"runtime"
	"runtime/metrics"
	"testing"

	"github.com/driplet/driplet/core/internal/testkit"
)

// TestStacks holds what an idle connection may take of stack: what makes the
// rest deeper by some frames would double it. The race detector's frames are
// larger, so the Makefile runs this test without it.
func TestStacks(t *testing.T) {
	const connections, most = 500, 3 << 10
	s := testkit.Start(t, testkit.Options{})
	inUse := func() uint64 {
		runtime.GC()
		sample := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	before := inUse()
	for range connections {
		s.V2(s.User(7)).Subscribe("t")
	}
	testkit.Until(t, "idle connections have small stacks", func() bool { return inUse() < before+connections*most })
}
