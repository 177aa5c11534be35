package local

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"
)

// The nonces of a clean shutdown, written by Close and taken out by Open:
//
//	n m            -> the table's time, its floor, the number of chunks: the mark of a clean end
//	n c <number>   -> a chunk: runs of (second, credential, count, digests)
//
// The mark is written last and removed, synced, before anything is served: a
// process that ends otherwise leaves none, and the next refuses what is older
// than itself, and what its stamps cannot tell of.
var (
	nonceMark  = []byte{noncePrefix, 'm'}
	nonceFirst = []byte{noncePrefix}
	nonceEnd   = []byte{noncePrefix + 1}
)

func nonceChunk(n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{noncePrefix, 'c'}, n)
}

// chunkBytes is about what one record of a shutdown holds.
const chunkBytes = 256 << 10

// rememberNonces writes the table and the mark.
func (e *Engine) rememberNonces() error {
	n := e.nonces
	n.sweep()
	var chunk []byte
	var chunks uint64
	flush := func(atLeast int) error {
		if len(chunk) < atLeast {
			return nil
		}
		err := e.store.db.Set(nonceChunk(chunks), chunk, pebble.NoSync)
		chunk, chunks = chunk[:0], chunks+1
		return err
	}
	names := n.names()
	for i := range n.shards {
		for second, b := range n.shards[i].buckets {
			for h, digests := range b {
				chunk = appendRun(chunk, second, names[h], digests)
				if err := flush(chunkBytes); err != nil {
					return err
				}
			}
		}
	}
	if err := flush(1); err != nil {
		return err
	}
	mark := binary.BigEndian.AppendUint64(nil, uint64(n.time.Load()))
	mark = binary.BigEndian.AppendUint64(mark, uint64(n.highestFloor()))
	return e.store.db.Set(nonceMark, binary.BigEndian.AppendUint64(mark, chunks), pebble.Sync)
}

// highestFloor is the first second of which every shard knows everything. A
// restart must not lower it: before it lies what an unclean end forgot.
func (n *nonces) highestFloor() (floor int64) {
	for i := range n.shards {
		floor = max(floor, n.shards[i].floor)
	}
	return floor
}

// names tells whose a holder is.
func (s *share) names() map[*holder]string {
	names := map[*holder]string{}
	s.holders.Range(func(credential, h any) bool {
		names[h.(*holder)] = credential.(string)
		return true
	})
	return names
}

func appendRun(dst []byte, second int64, credential string, digests []digest) []byte {
	dst = binary.AppendVarint(dst, second)
	dst = binary.AppendUvarint(dst, uint64(len(credential)))
	dst = append(dst, credential...)
	dst = binary.AppendUvarint(dst, uint64(len(digests)))
	for _, d := range digests {
		dst = append(dst, d[:]...)
	}
	return dst
}
