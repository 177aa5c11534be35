package wire

import (
	"slices"

	"github.com/driplet/driplet/core"
)

// version1 is the old server's wire: a client subscribes and unsubscribes and
// is never answered; the server says messages and nothing else, ever.
type version1 struct {
	dialect uint8
	echo    bool
}

func (p version1) Dialect() uint8 { return p.dialect }

func (p version1) Append(dst []byte, o core.Outgoing) []byte {
	ev, ok := o.(*core.Event)
	if !ok {
		return dst
	}
	dst = slices.Grow(dst, len(ev.Data)+len(ev.Key.Endpoint)+len(ev.Key.Topic)+64)
	dst = append(dst, `{"message":`...)
	dst = appendJSON(dst, ev.Data)
	if p.echo && ev.Target != nil && len(ev.Target.Raw) > 0 {
		dst = append(dst, `,"target":`...)
		dst = append(dst, ev.Target.Raw...)
	}
	dst = append(dst, `,"endpoint":`...)
	dst = core.AppendQuoted(dst, ev.Key.Endpoint)
	dst = append(dst, `,"topic":`...)
	dst = core.AppendQuoted(dst, ev.Key.Topic)
	return append(dst, '}')
}

// Decode answers errors that this dialect's client never hears: its caller
// counts them and stays silent.
func (version1) Decode(frame []byte) (core.Command, error) {
	var f fields
	if err := f.read(frame); err != nil {
		return core.Command{}, err
	}
	typ, err := f.typ.text("type")
	if err != nil {
		return core.Command{}, err
	}
	var c core.Command
	switch string(typ) {
	case "subscribe":
		c.Kind = core.CommandSubscribe
	case "unsubscribe":
		c.Kind = core.CommandUnsubscribe
	default:
		return c, core.Errorf(core.CodeBadRequest, "type %.40q is unknown to version 1: send subscribe or unsubscribe", typ)
	}
	if c.Topic, err = f.topicName(); err != nil {
		return core.Command{}, err
	}
	return c, nil
}

// appendJSON writes JSON that is there already; none is null.
func appendJSON(dst, raw []byte) []byte {
	if len(raw) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, raw...)
}
