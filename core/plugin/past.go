package plugin

import (
	"encoding/binary"
	"slices"

	"github.com/driplet/driplet/core"
)

// Fields of what history gives, and of each event in it (ABI.md, 4).
const (
	pastFields      = 5
	pastEventFields = 5
)

// AppendPast writes what a topic keeps as history gives it to guests (ABI.md, 4).
func AppendPast(dst []byte, past *core.Past) []byte {
	size := 4 + 4*pastFields + len(past.Head.Epoch) + 8 + 1 + 1 + 4
	for _, ev := range past.Events {
		size += 4 + pastEventSize(ev)
	}
	dst = appendHeader(slices.Grow(dst, size), pastFields)
	dst = appendOffset(appendField(dst, past.Head.Epoch), past.Head.Offset)
	dst = appendFlag(appendFlag(dst, past.Whole), past.More)
	at := len(dst)
	dst = appendHeader(append(dst, 0, 0, 0, 0), len(past.Events))
	for _, ev := range past.Events {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(pastEventSize(ev)))
		dst = appendOffset(appendHeader(dst, pastEventFields), ev.Pos.Offset)
		dst = appendField(appendField(appendField(dst, ev.Name), ev.From), ev.Data)
		dst = appendField(dst, targetText(ev))
	}
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// pastEventSize is the length of an event in a history, in bytes.
func pastEventSize(ev *core.Event) int {
	return 4 + 4*pastEventFields + 8 + len(ev.Name) + len(ev.From) + len(ev.Data) + len(targetText(ev))
}

func targetText(ev *core.Event) []byte {
	if ev.Target == nil {
		return nil
	}
	return ev.Target.Raw
}

func appendOffset(dst []byte, offset uint64) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, 8)
	return binary.LittleEndian.AppendUint64(dst, offset)
}

func appendFlag(dst []byte, yes bool) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, 1)
	if yes {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// ReadPast reads what AppendPast writes; ok is false for anything else. Of a
// target there is the text alone. The events' bytes are src's.
func ReadPast(src []byte) (past core.Past, ok bool) {
	f, ok := ReadEnvelope(src)
	if !ok || len(f) < pastFields || len(f[1]) != 8 || len(f[2]) != 1 || len(f[3]) != 1 {
		return past, false
	}
	past.Head = core.Position{Epoch: string(f[0]), Offset: binary.LittleEndian.Uint64(f[1])}
	past.Whole, past.More = f[2][0] != 0, f[3][0] != 0
	events, ok := ReadEnvelope(f[4])
	for _, raw := range events {
		e, whole := ReadEnvelope(raw)
		if !whole || len(e) < pastEventFields || len(e[0]) != 8 {
			return core.Past{}, false
		}
		ev := &core.Event{
			Pos:  core.Position{Epoch: past.Head.Epoch, Offset: binary.LittleEndian.Uint64(e[0])},
			Name: string(e[1]), From: string(e[2]), Data: e[3],
		}
		if len(e[4]) > 0 {
			ev.Target = &core.Target{Raw: e[4]}
		}
		past.Events = append(past.Events, ev)
	}
	return past, ok
}
