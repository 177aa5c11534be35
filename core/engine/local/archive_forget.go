package local

import (
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/driplet/driplet/core"
)

// forget removes a topic, head and all; one that begins there again has
// another epoch.
func (h *histories) forget(b *pebble.Batch, t *topic) error {
	h.mu.Lock()
	h.unload(t)
	h.mu.Unlock()
	if t.stored.due != 0 {
		if err := b.Delete(dueKey(t.stored.due, t.key), nil); err != nil {
			return err
		}
	}
	return h.erase(b, t.key)
}

// giveUp is forget of a topic that cannot be loaded.
func (h *histories) giveUp(k core.TopicKey) error {
	b := h.archive.store.db.NewBatch()
	defer b.Close()
	if err := h.erase(b, k); err != nil {
		return err
	}
	return h.archive.store.commit(b)
}

func (h *histories) erase(b *pebble.Batch, k core.TopicKey) error {
	h.mu.Lock()
	h.epochs.forget(k)
	forgotten := h.epochs.forgotten[bucketOf(k)]
	h.mu.Unlock()
	prefix := eventKeys(k)
	return errors.Join(
		b.Delete(headKey(k), nil),
		b.DeleteRange(prefix, after(prefix), nil),
		b.Set(bucketKey(bucketOf(k)), binary.AppendUvarint(nil, forgotten), nil),
	)
}
