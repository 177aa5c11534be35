package plugin

import (
	"encoding/json"
	"strconv"

	"github.com/driplet/driplet/core"
)

// deferAnswer is defer().
func (in *instance) deferAnswer([]uint64) (int64, error) {
	ev := in.client
	if ev == nil || ev.Request == "" && ev.HTTP == nil || ev.Deferred != 0 {
		return 0, ErrnoNoRequest
	}
	b := in.b
	h, err := b.host.services().Defer(ev, b.Name, b.Limits.ReplyTimeout)
	if err != nil {
		return 0, ErrnoUnavailable
	}
	if int64(h) <= 0 {
		b.logger().Error("a handle of a deferred request does not fit the plugin's i64", "handle", uint64(h))
		return 0, ErrnoUnavailable
	}
	now := b.host.Now()
	b.waiting.add(h, now, now.Add(b.Limits.ReplyTimeout))
	return int64(h), nil
}

// reply(handle, data). The top bit of the length marks a refusal.
func (in *instance) reply(s []uint64) (int64, error) {
	h := core.Handle(s[0])
	refused := s[2]&refusalBit != 0
	data, err := in.json(s[1], s[2]&^refusalBit, MaxAnswer)
	if err != nil {
		return 0, err
	}
	if !in.b.waiting.has(h, in.b.host.Now()) || in.fx.answers(h) {
		return 0, ErrnoNotFound
	}
	var refusal *core.Error
	size := len(data)
	if refused {
		if refusal, err = parseRefusal(in.b.Name, data); err != nil {
			return 0, ErrnoBadArgument
		}
		data = nil
	}
	e, err := in.effect(OpReply, size)
	if err != nil {
		return 0, err
	}
	e.Handle, e.Data, e.Refusal = h, data, refusal
	return 0, nil
}

// answers reports whether the same handler has answered h already.
func (x *effects) answers(h core.Handle) bool {
	if x == nil {
		return false
	}
	for i := range x.list {
		if x.list[i].Op == OpReply && x.list[i].Handle == h {
			return true
		}
	}
	return false
}

// appendMembers writes the result of presence.
func appendMembers(dst []byte, members []core.Member, limit int) []byte {
	dst = append(dst, `{"members":[`...)
	for i, m := range members[:min(limit, len(members))] {
		if i > 0 {
			dst = append(dst, ',')
		}
		id, _ := json.Marshal(m.ID) // a string always marshals
		dst = append(append(dst, `{"id":`...), id...)
		if len(m.Info) > 0 {
			dst = append(append(dst, `,"info":`...), m.Info...)
		}
		dst = append(dst, '}')
	}
	dst = append(dst, `],"count":`...)
	return append(strconv.AppendInt(dst, int64(len(members)), 10), '}')
}
