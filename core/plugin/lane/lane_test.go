package lane_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/driplet/driplet/core/plugin/lane"
)

// However many want to, one processor fewer than there are is in the lane, and
// who leaves makes room for the next.
func TestTheLaneIsOneProcessorNarrower(t *testing.T) {
	l := lane.New(0)
	defer l.Close()
	places := max(1, runtime.GOMAXPROCS(0)-1)
	for range places {
		if !l.Enter(0) {
			t.Fatalf("there are %d places, not %d", l.Taken(), places)
		}
	}
	if l.Enter(time.Millisecond) {
		t.Errorf("%d are in the lane of %d places", l.Taken(), places)
	}
	entered := make(chan bool)
	go func() { entered <- l.Enter(time.Minute) }()
	l.Leave()
	if !<-entered {
		t.Error("nobody got the place that came free")
	}
	for range places {
		l.Leave()
	}
	if n := l.Taken(); n != 0 {
		t.Errorf("%d are in the lane at the end", n)
	}
}
