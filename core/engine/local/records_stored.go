package local

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/engine"
)

// Idempotency records are in memory. Those of appends that were synced lie in
// the store as well, written in the same commit: who was killed before it
// heard the answer asks again, and is told that it was done. They lie under
// the minute of their success, so that forgetting them is dropping minutes.

// recordVersion begins every stored record.
const recordVersion = 1

var errRecord = errors.New("a stored idempotency record is damaged")

// How an event was placed: dropped, without history, or at a position.
const (
	placedNowhere = iota
	placedUnkept
	placedAtOffset
)

// recordToStore is what is known of a record before its events are placed.
type recordToStore struct {
	digest   digest
	hash     [32]byte
	at       time.Time
	filtered []engine.Placed
}

func newRecordToStore(d *engine.Dedupe, filtered []engine.Placed, now time.Time) *recordToStore {
	if d == nil {
		return nil
	}
	return &recordToStore{digest: digestOf(d.Scope, d.Key), hash: d.Hash, at: now, filtered: filtered}
}

func minuteOf(unixNano int64) int64 { return unixNano / int64(time.Minute) }

func minuteKey(minute int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{recordPrefix}, uint64(minute))
}

func recordKey(minute int64, d digest) []byte { return append(minuteKey(minute), d[:]...) }

// stage writes the record into a batch, with the positions of events.
func (r *recordToStore) stage(b *pebble.Batch, events []*core.Event) error {
	if r == nil {
		return nil
	}
	at := r.at.UnixNano()
	value := append([]byte{recordVersion}, r.hash[:]...)
	value = binary.AppendVarint(value, at)
	dropped := len(r.filtered) - len(events)
	value = binary.AppendUvarint(value, uint64(len(events)+max(dropped, 0)))
	for _, p := range r.filtered {
		if p.Dropped {
			value = append(value, placedNowhere)
			continue
		}
		value = appendPlaced(value, events[0].Pos)
		events = events[1:]
	}
	for _, ev := range events { // all, where there was no filter
		value = appendPlaced(value, ev.Pos)
	}
	return b.Set(recordKey(minuteOf(at), r.digest), value, nil)
}

func appendPlaced(dst []byte, pos core.Position) []byte {
	if pos == (core.Position{}) {
		return append(dst, placedUnkept)
	}
	return binary.AppendUvarint(appendText(append(dst, placedAtOffset), pos.Epoch), pos.Offset)
}

// parseRecord reads what stage wrote.
func parseRecord(stored []byte) (hash [32]byte, at int64, placed []engine.Placed, err error) {
	r := reader{rest: stored}
	if r.byte() != recordVersion || len(r.rest) < len(hash) {
		return hash, 0, nil, errRecord
	}
	copy(hash[:], r.rest)
	r.rest = r.rest[len(hash):]
	at = r.varint()
	placed = make([]engine.Placed, r.count(1))
	for i := range placed {
		switch r.byte() {
		case placedNowhere:
			placed[i].Dropped = true
		case placedUnkept:
		case placedAtOffset:
			placed[i].Pos = core.Position{Epoch: r.text(), Offset: r.uvarint()}
		default:
			r.fail()
		}
	}
	if !r.done() {
		return hash, 0, nil, errRecord
	}
	return hash, at, placed, nil
}
