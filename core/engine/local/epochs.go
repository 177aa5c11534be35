package local

import (
	"crypto/rand"
	"strconv"

	"github.com/driplet/driplet/core"
)

// epochs names the epoch in which a topic begins that the engine knows nothing
// of. It may be new, or forgotten: then its offsets begin at 1 again, and a
// position of its former life must not fit. So forgetting a topic gives another
// epoch to all that begin later in its bucket. Remembering the buckets takes
// bounded memory where remembering the topics would not; the price is that a
// topic of the bucket, on which nothing was ever kept, is read as not whole by
// one who had read it before.
type epochs struct {
	base      string            // epochBytes of base32, random
	forgotten map[uint16]uint64 // topics, by bucket
}

// epochBytes of base32 are 65 random bits: no two starts draw the same.
const epochBytes = 13

func newEpochs() epochs {
	return epochs{base: rand.Text()[:epochBytes], forgotten: map[uint16]uint64{}}
}

// bucketOf is the same in every process: epochs outlast one.
func bucketOf(k core.TopicKey) uint16 {
	sum := fnv1a(fnv1a(2166136261, k.Endpoint)*16777619, k.Topic) // a 0 between the two
	return uint16(sum ^ sum>>16)
}

// fnv1a is the hash of Fowler, Noll and Vo (RFC 9923), which every first
// subscribe of a topic takes: without an allocation, other than hash/fnv's.
func fnv1a(sum uint32, s string) uint32 {
	for i := range len(s) {
		sum = (sum ^ uint32(s[i])) * 16777619
	}
	return sum
}

// of is letters and digits, so that positions can be written in any form.
func (e *epochs) of(k core.TopicKey) string {
	if len(e.forgotten) == 0 {
		return e.base
	}
	if n := e.forgotten[bucketOf(k)]; n > 0 {
		return e.base + strconv.FormatUint(n, 10)
	}
	return e.base
}

func (e *epochs) forget(k core.TopicKey) { e.forgotten[bucketOf(k)]++ }
