package lane_test

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/driplet/driplet/core/internal/testkit"
	"github.com/driplet/driplet/core/plugin/lane"
)

// shortest is the least that Linux gives, in nanoseconds.
const shortest = 100_000

// slice is the time slice of this thread; 0: a kernel before 6.12.
func slice(t *testing.T) uint64 {
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return attr.Runtime
}

// While the lane is used, threads change quickly; afterwards as usual.
func TestTimeSlicesAreShortWhileTheLaneIsUsed(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l := lane.New(0)
	defer l.Close()
	if !l.Enter(time.Minute) {
		t.Fatal("the lane is full")
	}
	if now := slice(t); now > shortest {
		t.Errorf("slices have %d ns", now)
	}
	l.Leave()
	testkit.Until(t, "slices are the usual ones again", func() bool { return slice(t) != shortest })
}

// Who closes the lane leaves nothing behind, also where it is used after that.
func TestCloseGivesTheUsualSlicesBack(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l := lane.New(0)
	l.Enter(time.Minute)
	l.Close()
	l.Leave()
	l.Enter(time.Minute) // an event that still runs: nobody would end what it began
	l.Leave()
	if now := slice(t); now == shortest {
		t.Errorf("slices have %d ns", now)
	}
}
