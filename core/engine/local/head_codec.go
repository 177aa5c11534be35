package local

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/driplet/driplet/core"
)

// headVersion begins the record of a topic.
const headVersion = 1

var errHeadRecord = errors.New("what is stored of a topic is damaged")

// head is what the store knows of a topic beside its events. It is written
// when something of it changes, not with every event: the events tell how far
// the topic has come since.
type head struct {
	epoch  string
	base   string // of epochs, when it was written
	offset uint64 // at least this far
	last   int64  // time of the event there
	keep   core.History
	due    int64 // its key in d; 0: none
}

func (h *head) append(dst []byte) []byte {
	dst = append(dst, headVersion, byte(h.keep.Sync))
	dst = appendText(dst, h.epoch)
	dst = appendText(dst, h.base)
	dst = binary.AppendUvarint(dst, h.offset)
	dst = binary.AppendVarint(dst, h.last)
	dst = binary.AppendUvarint(dst, uint64(h.keep.Size))
	dst = binary.AppendVarint(dst, int64(h.keep.Age))
	return binary.AppendVarint(dst, h.due)
}

func parseHead(stored []byte) (h head, err error) {
	r := reader{rest: stored}
	if r.byte() != headVersion {
		return h, errHeadRecord
	}
	h.keep.Sync = core.Sync(r.byte())
	h.epoch, h.base = r.text(), r.text()
	h.offset, h.last = r.uvarint(), r.varint()
	h.keep.Size, h.keep.Age = int(r.uvarint()), time.Duration(r.varint())
	h.due = r.varint()
	if !r.done() || h.epoch == "" || h.keep.Size < 1 || h.keep.Sync > core.SyncAlways {
		return h, errHeadRecord
	}
	return h, nil
}
