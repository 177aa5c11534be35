package plugin

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"

	"github.com/driplet/driplet/core"
)

// history is history(topic, limit, since, out).
func (in *instance) history(s []uint64) (int64, error) {
	topic, err := in.topic(s[0], s[1], needsHistory)
	if err != nil {
		return 0, err
	}
	limit := int32(s[2])
	if limit < 0 || limit > MaxHistory {
		return 0, ErrnoBadArgument
	}
	since, err := in.position(s[3], s[4])
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), in.until-in.clock()) // a disk may be slow
	defer cancel()
	p := &pastReader{page: func(since *core.Position, limit int) (core.Past, error) {
		in.look() // a page may come from the disk, and there may be many
		return in.b.host.services().History(ctx, in.b.endpoint.Name, topic, since, limit)
	}}
	past, err := p.read(since, int(limit))
	if err != nil {
		return 0, in.historyErrno(topic, err)
	}
	in.charge(len(past.Events))
	in.takes(pastBytes * len(past.Events))
	result := AppendPast(in.scratchFor(p.size+256), past)
	in.charge(len(result) >> 10)
	in.lend(result)
	if in.noting() {
		in.read(Read{Op: "history", Key: topic, Found: true, Value: bytes.Clone(result)})
	}
	return in.out(s[5], s[6], result)
}

// pastBytes is what an event takes that is read, beside its text.
const pastBytes = 64

// position is a span that is empty, for none, or an envelope of epoch and offset.
func (in *instance) position(ptr, length uint64) (*core.Position, error) {
	raw, err := in.span(ptr, length)
	if err != nil || len(raw) == 0 {
		return nil, err
	}
	if len(raw) > 1024 {
		return nil, ErrnoBadArgument
	}
	env, ok := openEnvelope(raw)
	var epoch, offset []byte
	if ok {
		epoch, ok = env.next()
	}
	if ok {
		offset, ok = env.next()
	}
	if !ok || len(epoch) == 0 || len(epoch) > MaxEpoch || len(offset) != 8 {
		return nil, ErrnoBadArgument
	}
	return &core.Position{Epoch: string(epoch), Offset: binary.LittleEndian.Uint64(offset)}, nil
}

// historyErrno translates what Services refuses with; the rest is logged.
func (in *instance) historyErrno(topic string, err error) error {
	if refused := (*core.Error)(nil); errors.As(err, &refused) && refused.Code == core.CodeNotFound {
		in.read(Read{Op: "history", Key: topic})
		in.b.unkept.Do(func() {
			in.b.logger().Warn("the plugin asks for the history of a topic whose rule keeps none: give its [[Topics]] History", "topic", topic)
		})
		return ErrnoNotFound
	}
	in.b.logger().Error("a history could not be read", "topic", topic, "error", err)
	return ErrnoUnavailable
}
