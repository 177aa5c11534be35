//go:build wasip1

package driplet

import "unsafe"

// PublishOptions tells how to publish; every field may be left out.
type PublishOptions struct {
	Event     string // the message's event name
	Except    string // a session that hears nothing of it
	ID        string // an idempotency key: the same again within 5 minutes delivers nothing
	Target    any    // whom it is for: Object{"include": Object{"roles": "editor"}}; nil: every subscriber
	NoHistory bool   // a topic's history does not keep it
}

// Publish publishes data, which is written as an answer is, when the handler ends.
func Publish(topic string, data any, o PublishOptions) error {
	w := &out
	w.b, w.err = w.b[:0], nil
	var body []byte
	if f, ok := data.(*Fields); ok {
		body, w.err = f.closed() // where it is
	} else {
		w.value(data)
	}
	written := len(w.b)
	if o.Target != nil {
		w.value(o.Target)
	}
	target := len(w.b)
	switch {
	case o.NoHistory:
		w.envelope(o.Event, o.Except, o.ID, "\x00")
	case o.Except != "" || o.ID != "":
		w.envelope(o.Event, o.Except, o.ID)
	case o.Event != "":
		w.envelope(o.Event)
	}
	if w.err != nil {
		return w.err
	}
	p := bytesAt(w.b)
	if body == nil {
		body = w.b[:written]
	}
	return check(hostPublish(textAt(topic), size(topic), bytesAt(body), size(body), unsafe.Add(p, written), uint32(target-written), unsafe.Add(p, target), uint32(len(w.b)-target)), "Publish", topic)
}

// Subscribe subscribes a connection when the handler ends; info (may be nil) is
// what others see of it in presence.
func Subscribe(session, topic string, info any) error {
	var b []byte
	if info != nil {
		var err error
		if b, err = out.encode(info); err != nil {
			return err
		}
	}
	return check(hostSubscribe(textAt(session), size(session), textAt(topic), size(topic), bytesAt(b), size(b)), "Subscribe", topic)
}

// Who names connections for Unsubscribe and Disconnect.
type Who string

// User names all connections of a user, by public id.
func User(id string) Who { return Who("u" + id) }

// Session names one connection.
func Session(id string) Who { return Who("s" + id) }

// Unsubscribe ends subscriptions when the handler ends; the clients are told
// the reason (200 bytes at most).
func Unsubscribe(topic, reason string, who ...Who) error {
	w := envelope(who...)
	return check(hostUnsubscribe(bytesAt(w), size(w), textAt(topic), size(topic), textAt(reason), size(reason)), "Unsubscribe", topic)
}

// Disconnect closes connections when the handler ends; their clients do not
// come back by themselves.
func Disconnect(reason string, who ...Who) error {
	w := envelope(who...)
	return check(hostDisconnect(bytesAt(w), size(w), textAt(reason), size(reason)), "Disconnect", reason)
}

// Subscribed reports whether a connection is subscribed to topic.
func Subscribed(session, topic string) (bool, error) {
	n := hostSubscribed(textAt(session), size(session), textAt(topic), size(topic))
	if Errno(n) == ErrNotFound {
		return false, nil
	}
	return n == 1, check(n, "Subscribed", topic)
}

// Member is one subscriber of a topic, whatever number of connections it has.
type Member struct {
	ID   string // public id
	Info Value  // given by the subscribe hook; may be nil
}

// Presence lists at most limit (1,000) of a topic's members; count counts all.
func Presence(topic string, limit int) (members []Member, count int64, err error) {
	b, errno := read(func(out []byte) int32 {
		return hostPresence(textAt(topic), size(topic), int32(limit), bytesAt(out), size(out))
	})
	if err := check(errno, "Presence", topic); err != nil {
		return nil, 0, err
	}
	all := Value(own(b))
	count, _ = all.Int("count")
	for _, item := range all.Items("members") {
		id, _ := item.String("id")
		members = append(members, Member{ID: id, Info: item.Get("info")})
	}
	return members, count, nil
}

// Handle is a caller's request that is kept open.
type Handle int64

// Defer keeps the caller's request open beyond the handler: Reply answers it,
// in this or a later event. ErrNoRequest: nobody waits for an answer;
// ErrUnavailable: too many do already.
func Defer() (Handle, error) {
	h := hostDefer()
	return Handle(max(h, 0)), check(int32(min(h, 0)), "Defer", "")
}

// Reply answers a request that was kept open, once: with an answer, or with
// refusal if it is not nil. ErrNotFound: the caller has given up, or was answered.
func Reply(h Handle, answer any, refusal error) error {
	b, flag := out.answer(answer, refusal)
	return check(hostReply(int64(h), bytesAt(b), size(b)|uint32(flag)), "Reply", "")
}
