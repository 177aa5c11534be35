package local

import "container/heap"

// link makes t the topic that was used last.
func (h *histories) link(t *topic) {
	t.newer, t.older = &h.recent, h.recent.older
	t.older.newer, h.recent.older = t, t
}

func (h *histories) unlink(t *topic) { t.newer.older, t.older.newer = t.older, t.newer }

// evict makes room, as far as the archive has what memory gives up.
func (h *histories) evict() {
	for h.used > h.limit {
		t := h.recent.newer
		switch {
		case t == &h.recent || !h.archived(t):
			return
		case t.ring.n > 0:
			before := t.bytes
			t.drop()
			if h.used += t.bytes - before; h.archive == nil {
				t.first = t.ringFirst()
			}
		case t.pins > 0:
			return
		default:
			h.unload(t)
		}
	}
}

// archived reports that the archive, where there is one, has all of t.
func (h *histories) archived(t *topic) bool {
	return h.archive == nil || t.batch <= h.archive.committed
}

// unload takes a topic out of memory. Without an archive it is forgotten.
func (h *histories) unload(t *topic) {
	if h.archive == nil {
		h.epochs.forget(t.key)
	}
	h.unlink(t)
	if t.place != unplanned {
		heap.Remove(&h.dues, t.place)
	}
	t.gone = true
	h.used -= t.bytes
	delete(h.topics, t.key)
}
