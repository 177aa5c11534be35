//go:build unix

package bench

import (
	"syscall"
	"time"
)

// raiseDescriptors lets this process open a file for each of n connections and
// spare others, as far as the system allows. have is how many connections that
// makes.
func raiseDescriptors(n, spare int) (have int) {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return n
	}
	if want := uint64(n + spare); limit.Cur < want {
		raised := limit
		raised.Cur, raised.Max = want, max(want, limit.Max) // past the hard limit: root may
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) != nil {
			raised.Cur, raised.Max = limit.Max, limit.Max
			if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) != nil {
				raised = limit
			}
		}
		limit = raised
	}
	if limit.Cur > 1<<30 {
		return n
	}
	return min(n, max(int(limit.Cur)-spare, 0))
}

// clientCPU is what this process has used, user and system.
func clientCPU() time.Duration {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
