package bench

import (
	"math/bits"
	"time"
)

// histogram counts durations in buckets that are 1/32 of their power of two
// wide: any duration is known to 3%, in 15 KB that need no allocation and add
// up bucket by bucket. That is all that is wanted of a histogram library here.
type histogram struct {
	counts [subBuckets * (64 - subBits)]uint64
	total  uint64
	max    int64 // ns
}

const (
	subBits    = 5
	subBuckets = 1 << subBits
)

// add counts one duration in ns. Clocks that step back give 0.
func (h *histogram) add(ns int64) {
	ns = max(ns, 0)
	h.counts[bucketOf(ns)]++
	h.total++
	h.max = max(h.max, ns)
}

func bucketOf(ns int64) int {
	if ns < subBuckets {
		return int(ns)
	}
	shift := bits.Len64(uint64(ns)) - subBits - 1
	return (shift+1)*subBuckets + int(uint64(ns)>>shift) - subBuckets
}

// bucketEnd is the largest duration of a bucket.
func bucketEnd(i int) int64 {
	if i < subBuckets {
		return int64(i)
	}
	shift := i/subBuckets - 1
	return int64(uint64(i%subBuckets+subBuckets+1)<<shift - 1)
}

// merge adds what other has counted.
func (h *histogram) merge(other *histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
	h.max = max(h.max, other.max)
}

// quantile is a duration that the share p of all does not exceed, at most 3%
// too long.
func (h *histogram) quantile(p float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank := min(uint64(p*float64(h.total))+1, h.total)
	var seen uint64
	for i, n := range h.counts {
		if seen += n; seen >= rank {
			return time.Duration(min(bucketEnd(i), h.max))
		}
	}
	return time.Duration(h.max)
}

// Bar is a range of latencies for display.
type Bar struct {
	UpToMS float64 `json:"up_to_ms"`
	Count  uint64  `json:"count"`
}

// bars sums the buckets up into steps of 1, 2 and 5: as many as a screen
// shows, none of them empty at either end.
func (h *histogram) bars() []Bar {
	var out []Bar
	i := 0
	for base := int64(1000); i < len(h.counts) && base < 1e15; base *= 10 {
		for _, step := range []int64{1, 2, 5} {
			end := base * step
			bar := Bar{UpToMS: float64(end) / 1e6}
			for ; i < len(h.counts) && bucketEnd(i) <= end; i++ {
				bar.Count += h.counts[i]
			}
			if bar.Count > 0 || len(out) > 0 {
				out = append(out, bar)
			}
		}
	}
	for len(out) > 0 && out[len(out)-1].Count == 0 {
		out = out[:len(out)-1]
	}
	return out
}
