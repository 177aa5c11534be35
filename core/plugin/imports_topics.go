package plugin

import (
	"bytes"

	"github.com/driplet/driplet/core"
)

// askedTopic is a topic that a guest has named, and which capabilities are
// known to be granted for it, whoever asks: a bit for each.
type askedTopic struct {
	name    string
	granted uint16
}

// topic is a span that names a topic for which a capability is granted.
func (in *instance) topic(ptr, length uint64, needs capability) (string, error) {
	b, err := in.span(ptr, length)
	if err != nil || len(b) == 0 || len(b) > core.MaxTopicBytes {
		return "", ErrnoBadArgument
	}
	// Most handlers ask for one or two again and again.
	t := &in.topics[0]
	if string(b) != t.name {
		if t = &in.topics[1]; string(b) != t.name {
			name := string(b)
			if core.CheckTopic(name) != nil {
				return "", ErrnoBadArgument
			}
			in.topics[1] = in.topics[0]
			t = &in.topics[0]
			*t = askedTopic{name: name}
		}
	}
	bit := uint16(1) << needs
	if t.granted&bit == 0 {
		if !in.grants().allow(needs, t.name, in.claims()) {
			return "", ErrnoDenied
		}
		if !in.grants().byClaims {
			t.granted |= bit
		}
	}
	return t.name, nil
}

// publish(topic, data, target, options).
func (in *instance) publish(s []uint64) (int64, error) {
	if in.full(OpPublish, s[3], s[5]) {
		return 0, ErrnoLimit
	}
	topic, err := in.topic(s[0], s[1], needsPublish)
	if err != nil {
		return 0, err
	}
	data, err := in.json(s[2], s[3], MaxPublishData)
	if err != nil {
		return 0, err
	}
	if data == nil {
		return 0, ErrnoBadArgument
	}
	raw, err := in.json(s[4], s[5], MaxPublishData)
	if err != nil {
		return 0, err
	}
	var target *core.Target
	if raw != nil {
		in.charge(len(raw) >> 4) // parsing takes longer than checking
		in.takes(targetBytes * len(raw))
		if target, err = in.b.host.ParseTarget(raw); err != nil {
			return 0, ErrnoBadArgument
		}
	}
	options, err := in.span(s[6], s[7])
	if err != nil {
		return 0, err
	}
	o, ok := readPublishOptions(options)
	if !ok {
		return 0, ErrnoBadArgument
	}
	event, err := in.eventName(o.event)
	if err != nil {
		return 0, err
	}
	e, err := in.effect(OpPublish, len(data)+len(raw))
	if err != nil {
		return 0, err
	}
	e.Topic, e.Event, e.Data, e.Target, e.target = topic, event, data, raw, target
	e.Except, e.ID, e.NoHistory = core.SessionID(o.except), string(o.id), o.noHistory
	return 0, nil
}

// targetBytes is what a target takes for each byte of its text.
const targetBytes = 8

// publishOptions are publish's options, in the guest's memory.
type publishOptions struct {
	event, except, id []byte
	noHistory         bool
}

func readPublishOptions(raw []byte) (o publishOptions, ok bool) {
	env, ok := openEnvelope(raw)
	if !ok || len(raw) > 1024 {
		return o, false
	}
	rest, left := env.rest, env.left
	for i := 0; left > 0 && i < 4; i++ {
		var field []byte
		if field, rest, ok = cutField(rest); !ok {
			return o, false
		}
		switch left--; i {
		case 0:
			o.event = field
		case 1:
			o.except = field
		case 2:
			o.id = field
		case 3:
			o.noHistory = len(field) == 1 && field[0] == 0
		}
	}
	return o, len(o.except) <= 64 && len(o.id) <= 128
}

// eventName checks the name of what is published; most handlers have one.
func (in *instance) eventName(b []byte) (string, error) {
	if string(b) == in.named {
		return in.named, nil
	}
	name := string(b)
	if name != "" {
		if core.CheckEventName(name) != nil {
			return "", ErrnoBadArgument
		}
		in.named = name
	}
	return name, nil
}

// subscribe(session, topic, info).
func (in *instance) subscribe(s []uint64) (int64, error) {
	if in.full(OpSubscribe, s[5]) {
		return 0, ErrnoLimit
	}
	session, err := in.text(s[0], s[1], 64)
	if err != nil || session == "" {
		return 0, ErrnoBadArgument
	}
	topic, err := in.topic(s[2], s[3], needsSubscribe)
	if err != nil {
		return 0, err
	}
	info, err := in.json(s[4], s[5], MaxInfo)
	if err != nil {
		return 0, err
	}
	e, err := in.effect(OpSubscribe, len(info))
	if err != nil {
		return 0, err
	}
	e.Topic, e.Session, e.Info = topic, core.SessionID(session), info
	return 0, nil
}

// unsubscribe(who, topic, reason).
func (in *instance) unsubscribe(s []uint64) (int64, error) {
	who, err := in.audience(OpUnsubscribe, s[0], s[1])
	if err != nil {
		return 0, err
	}
	topic, err := in.topic(s[2], s[3], needsSubscribe)
	if err != nil {
		return 0, err
	}
	reason, err := in.text(s[4], s[5], MaxReason)
	if err != nil {
		return 0, err
	}
	e, err := in.effect(OpUnsubscribe, int(uint32(s[1]))+audienceName*(len(who.Sessions)+len(who.Users)))
	if err != nil {
		return 0, err
	}
	e.Topic, e.Who, e.Reason = topic, who, reason
	return 0, nil
}

// disconnect(who, reason). Ending a connection ends it for all topics: a grant
// that is narrower than "*" reaches the event's own session only.
func (in *instance) disconnect(s []uint64) (int64, error) {
	who, err := in.audience(OpDisconnect, s[0], s[1])
	if err != nil {
		return 0, err
	}
	reason, err := in.text(s[2], s[3], MaxReason)
	if err != nil {
		return 0, err
	}
	own := len(who.Users) == 0
	for _, session := range who.Sessions {
		own = own && session == core.SessionID(in.session)
	}
	if !own && !grantsAll(in.grants().Subscribe) {
		return 0, ErrnoDenied
	}
	e, err := in.effect(OpDisconnect, int(uint32(s[1]))+audienceName*(len(who.Sessions)+len(who.Users)))
	if err != nil {
		return 0, err
	}
	e.Who, e.Reason = who, reason
	return 0, nil
}

func grantsAll(patterns []core.Pattern) bool {
	for _, p := range patterns {
		if p.String() == "*" {
			return true
		}
	}
	return false
}

// audienceName is what each name of an audience takes beside its bytes.
const audienceName = 16

// audience reads who, for op: an envelope of names that begin with s or u.
func (in *instance) audience(op Op, ptr, length uint64) (who core.Audience, err error) {
	raw, err := in.span(ptr, length)
	if err != nil {
		return who, err
	}
	env, ok := openEnvelope(raw)
	if !ok || env.left == 0 || env.left > MaxAudience {
		return who, ErrnoBadArgument
	}
	if in.full(op, length, uint64(audienceName*env.left)) {
		return who, ErrnoLimit
	}
	in.charge(env.left / 4)
	in.takes(len(raw) + audienceName*env.left)
	all, most := string(raw), env.left // one copy, of which the names are parts
	for env.left > 0 {
		f, ok := env.next()
		if !ok || len(f) < 2 || len(f) > core.MaxPatternBytes {
			return who, ErrnoBadArgument
		}
		end := len(all) - len(env.rest)
		switch name := all[end-len(f)+1 : end]; f[0] {
		case 's':
			if who.Sessions == nil {
				who.Sessions = make([]core.SessionID, 0, most)
			}
			who.Sessions = append(who.Sessions, core.SessionID(name))
		case 'u':
			if who.Users == nil {
				who.Users = make([]string, 0, most)
			}
			who.Users = append(who.Users, name)
		default:
			return who, ErrnoBadArgument
		}
	}
	return who, nil
}

// subscribed(session, topic).
func (in *instance) subscribed(s []uint64) (int64, error) {
	raw, err := in.span(s[0], s[1])
	if err != nil {
		return 0, err
	}
	session := in.session // most ask for it: no copy
	if string(raw) != session {
		if session, err = in.text(s[0], s[1], 64); err != nil {
			return 0, err
		}
	}
	topic, err := in.topic(s[2], s[3], needsMembership)
	if err != nil {
		return 0, err
	}
	yes := in.b.host.services().Subscribed(in.b.endpoint.Name, core.SessionID(session), topic)
	if in.noting() {
		in.read(Read{Op: "subscribed", Key: topic, Session: core.SessionID(session), Found: yes})
	}
	if yes {
		return 1, nil
	}
	return 0, nil
}

// memberBytes is what a member takes that is listed, beside the list.
const memberBytes = 32

// presence(topic, limit, out).
func (in *instance) presence(s []uint64) (int64, error) {
	topic, err := in.topic(s[0], s[1], needsPresence)
	if err != nil {
		return 0, err
	}
	limit := int32(s[2])
	if limit < 0 || limit > MaxMembers {
		return 0, ErrnoBadArgument
	}
	members := in.b.host.services().Members(in.b.endpoint.Name, topic)
	in.charge(len(members) / 10)
	in.takes(memberBytes * len(members))
	result := appendMembers(in.scratch[:0], members, int(limit))
	in.lend(result)
	if in.noting() {
		in.read(Read{Op: "presence", Key: topic, Found: true, Value: bytes.Clone(result)})
	}
	return in.out(s[3], s[4], result)
}
