package wire

import (
	"slices"
	"strconv"

	"github.com/driplet/driplet/core"
)

// version2 is Driplet's own dialect; v2_decode.go reads it.
type version2 struct{}

func (version2) Dialect() uint8 { return DialectV2 }

func (version2) Append(dst []byte, o core.Outgoing) []byte {
	switch o := o.(type) {
	case *core.Event:
		return appendMessage(dst, o)
	case core.Reply:
		return appendReply(dst, o)
	case core.Failure:
		return appendFailure(dst, o)
	case core.Welcome:
		return appendWelcome(dst, o)
	case core.Join:
		return appendMember(dst, `{"type":"join","topic":`, o.Topic, o.Member)
	case core.Leave:
		return appendMember(dst, `{"type":"leave","topic":`, o.Topic, o.Member)
	case core.Subscribed:
		dst = appendDone(dst, `{"type":"subscribed","topic":`, o.Topic, o.Reason)
		dst = appendPosition(dst, o.Pos)
		if len(o.Info) > 0 {
			dst = append(append(dst, `,"info":`...), o.Info...)
		}
		return append(dst, '}')
	case core.Unsubscribed:
		return append(appendDone(dst, `{"type":"unsubscribed","topic":`, o.Topic, o.Reason), '}')
	case core.Expiring:
		dst = append(dst, `{"type":"expiring","in":`...)
		dst = strconv.AppendInt(dst, int64(o.In), 10)
		return append(dst, '}')
	case core.Pong:
		return append(dst, `{"type":"pong"}`...)
	}
	return dst
}

// appendMessage is the hot path: one call an event, whatever its audience.
func appendMessage(dst []byte, ev *core.Event) []byte {
	dst = slices.Grow(dst, len(ev.Data)+len(ev.Key.Topic)+128)
	dst = append(dst, `{"type":"message","topic":`...)
	dst = core.AppendQuoted(dst, ev.Key.Topic)
	dst = append(dst, `,"message":`...)
	return appendContent(dst, ev)
}

// appendContent writes a message and ends its object.
func appendContent(dst []byte, ev *core.Event) []byte {
	dst = appendJSON(dst, ev.Data)
	if ev.Name != "" && ev.Name != core.DefaultEventName {
		dst = append(dst, `,"event":`...)
		dst = core.AppendQuoted(dst, ev.Name)
	}
	if ev.Pos != (core.Position{}) {
		dst = append(dst, `,"offset":`...)
		dst = strconv.AppendUint(dst, ev.Pos.Offset, 10)
	}
	if ev.From != "" {
		dst = append(dst, `,"from":`...)
		dst = core.AppendQuoted(dst, ev.From)
	}
	return append(dst, '}')
}

func appendReply(dst []byte, r core.Reply) []byte {
	dst = append(dst, `{"type":"reply","id":`...)
	dst = append(dst, r.ID...)
	if r.Topic != "" {
		dst = append(dst, `,"topic":`...)
		dst = core.AppendQuoted(dst, r.Topic)
	}
	dst = appendPosition(dst, r.Pos)
	if r.Recovered != nil {
		dst = append(dst, `,"recovered":`...)
		dst = strconv.AppendBool(dst, *r.Recovered)
	}
	if r.Missed > 0 {
		dst = append(dst, `,"missed":`...)
		dst = strconv.AppendInt(dst, int64(r.Missed), 10)
	}
	if r.HasData {
		dst = append(dst, `,"data":`...)
		dst = appendJSON(dst, r.Data)
	}
	if r.Page != nil {
		dst = appendPage(dst, r.Page)
	}
	return append(dst, '}')
}

// appendPosition goes on in an open object.
func appendPosition(dst []byte, p core.Position) []byte {
	if p == (core.Position{}) {
		return dst
	}
	dst = append(dst, `,"epoch":`...)
	dst = core.AppendQuoted(dst, p.Epoch)
	dst = append(dst, `,"offset":`...)
	return strconv.AppendUint(dst, p.Offset, 10)
}

// appendPage writes a history's messages as their frames are, without what
// they all share.
func appendPage(dst []byte, p *core.Page) []byte {
	dst = append(dst, `,"messages":[`...)
	for i, ev := range p.Messages {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"message":`...)
		dst = appendContent(dst, ev)
	}
	dst = append(dst, ']')
	if p.Next != (core.Position{}) {
		dst = append(dst, `,"next":{"epoch":`...)
		dst = core.AppendQuoted(dst, p.Next.Epoch)
		dst = append(dst, `,"offset":`...)
		dst = strconv.AppendUint(dst, p.Next.Offset, 10)
		dst = append(dst, '}')
	}
	dst = append(dst, `,"more":`...)
	return strconv.AppendBool(dst, p.More)
}

func appendFailure(dst []byte, f core.Failure) []byte {
	dst = append(dst, `{"type":"error"`...)
	if f.ID != "" {
		dst = append(dst, `,"id":`...)
		dst = append(dst, f.ID...)
	}
	dst = append(dst, `,"error":`...)
	dst = appendError(dst, f.Err, func(dst []byte, e *core.Error) []byte {
		dst = append(dst, `,"retry":`...)
		dst = strconv.AppendBool(dst, e.Retry)
		if len(e.Data) > 0 {
			dst = append(append(dst, `,"data":`...), e.Data...)
		}
		return dst
	})
	return append(dst, '}')
}

func appendWelcome(dst []byte, w core.Welcome) []byte {
	dst = append(dst, `{"type":"welcome","session":`...)
	dst = core.AppendQuoted(dst, string(w.Session))
	if w.User != "" {
		dst = append(dst, `,"user":`...)
		dst = core.AppendQuoted(dst, w.User)
	}
	dst = append(dst, `,"ping":`...)
	dst = strconv.AppendInt(dst, int64(w.Ping), 10)
	dst = append(dst, `,"max_frame":`...)
	dst = strconv.AppendInt(dst, int64(w.MaxFrame), 10)
	if w.Expires != 0 {
		dst = append(dst, `,"expires":`...)
		dst = strconv.AppendInt(dst, w.Expires, 10)
	}
	return append(dst, '}')
}

func appendMember(dst []byte, start, topic string, m core.Member) []byte {
	dst = append(dst, start...)
	dst = core.AppendQuoted(dst, topic)
	dst = append(dst, `,"member":{"id":`...)
	dst = core.AppendQuoted(dst, m.ID)
	if len(m.Info) > 0 {
		dst = append(append(dst, `,"info":`...), m.Info...)
	}
	return append(dst, "}}"...)
}

// appendDone begins a frame about what was done to the client, and leaves its
// object open.
func appendDone(dst []byte, start, topic, reason string) []byte {
	dst = append(dst, start...)
	dst = core.AppendQuoted(dst, topic)
	if reason != "" {
		dst = append(dst, `,"reason":`...)
		dst = core.AppendQuoted(dst, reason)
	}
	return dst
}
