package lane

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// setTimeSlice sets the time slice of all threads, 0: the usual (sched(7), since
// Linux 6.12; sched_setattr needs no privilege for it). Threads that begin later
// have that of whoever begins them. Older kernels change nothing.
func setTimeSlice(d time.Duration) {
	threads, _ := os.ReadDir("/proc/self/task") // without it, nothing changes
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		attr, err := unix.SchedGetAttr(id, 0)
		if err != nil || attr.Policy != unix.SCHED_NORMAL {
			continue // it has ended, or an operator has chosen otherwise
		}
		attr.Runtime = uint64(d)
		_ = unix.SchedSetAttr(id, attr, 0) // where a container forbids it, slices stay as they are
	}
}
