package plugin_test

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// While guests are in the lane, threads change quickly; afterwards as usual.
func TestTimeSlicesAreShortWhileTheLaneIsUsed(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	slice := func() uint64 {
		attr, err := unix.SchedGetAttr(0, 0)
		if err != nil {
			t.Fatal(err)
		}
		return attr.Runtime // 0: a kernel before 6.12
	}
	var usual uint64
	eventually(t, "slices are the usual ones", func() bool {
		usual = slice()
		return usual == 0 || usual > 100_000
	})
	var r *rig
	r = mustLoad(t, map[string]plug{"p": {granting("p") + "[limits]\ndeadline = \"10s\"\n", inLane()}}, clock(&r))
	if _, err := r.Decide(t.Context(), message("p.x", "1")); err != nil {
		t.Fatal(err)
	}
	if now := slice(); now > 100_000 {
		t.Errorf("slices have %d ns", now)
	}
	eventually(t, "slices are the usual ones again", func() bool { return slice() == usual })
}
