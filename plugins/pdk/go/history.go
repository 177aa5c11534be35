//go:build wasip1

package driplet

import (
	"encoding/binary"
	"unsafe"
)

// HistoryOptions tells what to read of a history; every field may be left out.
type HistoryOptions struct {
	Limit int      // events at most, up to 1,000; 0: 100; negative: none, only where the topic stands
	Since Position // only what came after, the oldest first to come; without Epoch: the newest
}

// Position is a place among a topic's events: offsets grow, and count anew in
// each epoch.
type Position struct {
	Epoch  string
	Offset uint64
}

// Past is what a topic keeps of its events.
type Past struct {
	Kept   bool     // the topic's rule keeps a history; false: all else is empty
	Head   Position // of the newest event that was ever kept
	Next   Position // what to give as Since to go on behind these events
	Whole  bool     // from Since to the last of Events nothing is missing; false: it is no longer kept, and these are the newest instead
	More   bool     // the topic keeps events after these
	Events []PastEvent
}

// PastEvent is an event that a topic keeps.
type PastEvent struct {
	Offset uint64
	Event  string // the message's event name, may be empty
	From   string // the public id of the client that published it; empty: a backend or a plugin
	Data   Value  // the message
	Target Value  // whom it was for, as in Publish; empty: everybody
}

// History reads what a topic keeps, the oldest first, for whomever it was. What
// this event publishes is not there yet.
func History(topic string, o HistoryOptions) (Past, error) {
	var since []byte
	if o.Since.Epoch != "" {
		since = envelope(o.Since.Epoch, string(binary.LittleEndian.AppendUint64(nil, o.Since.Offset)))
	}
	if o.Limit == 0 {
		o.Limit = 100
	}
	b, errno := read(func(out []byte) int32 {
		return hostHistory(textAt(topic), size(topic), int32(max(o.Limit, 0)), bytesAt(since), size(since), bytesAt(out), size(out))
	})
	if Errno(errno) == ErrNotFound {
		return Past{}, nil
	}
	if err := check(errno, "History", topic); err != nil {
		return Past{}, err
	}
	head := fieldsOf(own(b), 5)
	epoch := string(head[0])
	past := Past{Kept: true, Head: Position{epoch, binary.LittleEndian.Uint64(head[1])}, Whole: head[2][0] != 0, More: head[3][0] != 0}
	past.Next = past.Head
	if o.Since.Epoch != "" && past.Whole {
		past.Next = o.Since
	}
	for _, event := range fieldsOf(head[4], int(binary.LittleEndian.Uint16(head[4][2:]))) {
		f := fieldsOf(event, 5)
		e := PastEvent{Offset: binary.LittleEndian.Uint64(f[0]), Event: string(f[1]), From: string(f[2]), Data: f[3], Target: f[4]}
		past.Events, past.Next = append(past.Events, e), Position{epoch, e.Offset}
	}
	return past, nil
}

// fieldsOf are the first n fields of an envelope that has so many.
func fieldsOf(b []byte, n int) [][]byte {
	fields := make([][]byte, n)
	at := unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), 4)
	for i := range fields {
		fields[i], at = field(at), behind(at)
	}
	return fields
}
