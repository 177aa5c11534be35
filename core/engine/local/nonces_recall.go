package local

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// recallNonces fills the table if the last end was clean, and removes the mark.
func (e *Engine) recallNonces() error {
	found, clean, err := e.readNonces()
	if err != nil {
		e.log.Error("spent nonces were not read: requests stamped before this start are refused", "err", err)
		e.nonces = newNonces(e.now, e.nonces.capacity)
	}
	if err := e.stamps.recall(e.store, clean, e.now().Unix()-stampsKept); err != nil {
		return fmt.Errorf("engine: the data folder %s cannot be read or written to: %w", e.path, err)
	}
	if !found {
		return nil
	}
	if err := e.store.db.DeleteRange(nonceFirst, nonceEnd, pebble.Sync); err != nil {
		return fmt.Errorf("engine: the data folder %s cannot be written to: %w", e.path, err)
	}
	return nil
}

var errNonceRecord = errors.New("a record of spent nonces is damaged")

// readNonces reports found if anything lies there, whole or not, and clean if it
// is all that the last process has spent.
func (e *Engine) readNonces() (found, clean bool, err error) {
	it, err := e.store.db.NewIter(&pebble.IterOptions{LowerBound: nonceFirst, UpperBound: nonceEnd})
	if err != nil {
		return true, false, err
	}
	defer it.Close()
	var chunks, seen uint64
	marked := false
	// Backwards, the mark comes first: without it nothing counts.
	for ok := it.Last(); ok; ok = it.Prev() {
		found = true
		if it.Key()[1] == nonceMark[1] {
			if len(it.Value()) != 24 {
				return true, false, errNonceRecord
			}
			number := func(i int) uint64 { return binary.BigEndian.Uint64(it.Value()[8*i:]) }
			e.nonces.resume(int64(number(0)), int64(number(1)))
			chunks, marked = number(2), true
			continue
		}
		if !marked {
			return true, false, it.Error()
		}
		if err := e.nonces.load(it.Value()); err != nil {
			return true, false, err
		}
		seen++
	}
	if err := it.Error(); err != nil || seen != chunks {
		return true, false, errors.Join(err, errNonceRecord)
	}
	return found, marked, nil
}

// resume goes on from a table that had come to second time, and knew
// everything from floor on.
func (n *nonces) resume(time, floor int64) {
	n.advance(time)
	for i := range n.shards {
		n.shards[i].floor = floor // and higher when it is locked next
	}
}

// load takes the runs of one chunk into the table.
func (n *nonces) load(chunk []byte) error {
	for len(chunk) > 0 {
		second, a := binary.Varint(chunk)
		if a <= 0 {
			return errNonceRecord
		}
		credential, chunk2, ok := cut(chunk[a:], 1)
		if !ok {
			return errNonceRecord
		}
		digests, rest, ok := cut(chunk2, len(digest{}))
		if !ok {
			return errNonceRecord
		}
		n.restore(second, string(credential), digests)
		chunk = rest
	}
	return nil
}

// cut takes a count and as many items of size bytes from the front of b.
func cut(b []byte, size int) (items, rest []byte, ok bool) {
	count, n := binary.Uvarint(b)
	if n <= 0 || count > uint64(len(b)-n)/uint64(size) {
		return nil, nil, false
	}
	end := n + int(count)*size
	return b[n:end], b[end:], true
}

func (n *nonces) restore(second int64, credential string, digests []byte) {
	h := n.of(credential)
	for ; len(digests) > 0; digests = digests[len(digest{}):] {
		d := digest(digests)
		s := n.lock(d, n.time.Load())
		if second >= s.floor {
			if _, twice := s.entries[d]; !twice {
				n.force(h, 1)
				s.entries[d] = struct{}{}
				s.file(second, h, d)
			}
		}
		s.mu.Unlock()
	}
}
