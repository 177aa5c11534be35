package local

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/driplet/driplet/core"
)

// eventVersion begins every stored event: what another begins is not read.
const eventVersion = 1

var errEventRecord = errors.New("a stored event is damaged")

// appendEvent writes what an event's key does not tell: when it was placed
// (unix nanoseconds), and everything but Keep, which is the topic's.
func appendEvent(dst []byte, ev *core.Event, at int64) []byte {
	dst = append(dst, eventVersion, byte(ev.Overflow))
	dst = binary.AppendVarint(dst, at)
	dst = appendText(dst, ev.Name)
	dst = binary.AppendUvarint(dst, uint64(len(ev.Data)))
	dst = append(dst, ev.Data...)
	dst = appendText(dst, string(ev.Except))
	dst = appendText(dst, ev.From)
	if ev.Target == nil {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	dst = binary.AppendUvarint(dst, uint64(len(ev.Target.Raw)))
	dst = append(dst, ev.Target.Raw...)
	for _, conditions := range [][]core.Condition{ev.Target.Include, ev.Target.Exclude, ev.Target.All} {
		dst = appendConditions(dst, conditions)
	}
	return dst
}

func appendConditions(dst []byte, conditions []core.Condition) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(conditions)))
	for _, c := range conditions {
		dst = appendText(dst, c.Path)
		list := byte(0)
		if c.Want.List {
			list = 1
		}
		dst = binary.AppendUvarint(append(dst, list), uint64(len(c.Want.Values)))
		for _, v := range c.Want.Values {
			dst = appendText(dst, string(v))
		}
	}
	return dst
}

// parseEvent reads what appendEvent wrote. It keeps nothing of stored.
func parseEvent(stored []byte) (kept, error) {
	r := reader{rest: bytes.Clone(stored)}
	if r.byte() != eventVersion {
		return kept{}, errEventRecord
	}
	ev := &core.Event{Overflow: core.Overflow(r.byte())}
	at := r.varint()
	ev.Name, ev.Data = r.text(), r.bytes()
	ev.Except, ev.From = core.SessionID(r.text()), r.text()
	if r.byte() == 1 {
		ev.Target = &core.Target{Raw: r.bytes()}
		ev.Target.Include, ev.Target.Exclude, ev.Target.All = r.conditions(), r.conditions(), r.conditions()
	}
	if !r.done() || ev.Overflow > core.OverflowLatest {
		return kept{}, errEventRecord
	}
	return kept{ev, at}, nil
}

// placedAt reads the time alone.
func placedAt(stored []byte) (at int64, err error) {
	if len(stored) < 2 || stored[0] != eventVersion {
		return 0, errEventRecord
	}
	r := reader{rest: stored[2:]}
	if at = r.varint(); r.bad {
		return 0, errEventRecord
	}
	return at, nil
}

func (r *reader) conditions() []core.Condition {
	n := r.count(3)
	if n == 0 {
		return nil
	}
	out := make([]core.Condition, n)
	for i := range out {
		out[i].Path = r.text()
		out[i].Want.List = r.byte() == 1
		if n := r.count(1); n > 0 {
			out[i].Want.Values = make([]core.Value, n)
		}
		for j := range out[i].Want.Values {
			out[i].Want.Values[j] = core.Value(r.text())
		}
	}
	return out
}
