package lane

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// heapGoal is at how many bytes the heap is collected next.
func heapGoal() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// The heap gets its room, however large it is, and afterwards is as before.
func TestHeapRoom(t *testing.T) {
	usual := debug.SetGCPercent(100)
	defer debug.SetGCPercent(usual)
	const room = 64 << 20
	r := &heapRoom{bytes: room}
	for _, size := range []int{1 << 10, 100 << 20} {
		large := make([]byte, size)
		runtime.GC()
		r.adjust()
		_, base := collected()
		if more := heapGoal() - 2*base; more < room*3/5 || more > room*7/5 {
			t.Errorf("beside %d bytes: the heap may have %d more", size, more)
		}
		runtime.KeepAlive(large)
	}
	r.end()
	if percent, _ := collected(); percent != 100 {
		t.Errorf("the percentage is %d at the end", percent)
	}
}

// What an operator sets, stays.
func TestHeapRoomKeepsWhatIsSet(t *testing.T) {
	usual := debug.SetGCPercent(-1)
	defer debug.SetGCPercent(usual)
	r := &heapRoom{bytes: 64 << 20}
	r.adjust()
	r.end()
	if percent, _ := collected(); percent != -1 {
		t.Errorf("no collections became %d", percent)
	}
	debug.SetGCPercent(50)
	r.adjust()
	debug.SetGCPercent(70)
	r.adjust()
	r.end()
	if percent, _ := collected(); percent != 70 {
		t.Errorf("70 became %d", percent)
	}
}
