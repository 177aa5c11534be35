package plugin

import (
	"bytes"

	"github.com/driplet/driplet/core"
)

// topic is a span that names a topic which one of the granted patterns matches.
func (in *instance) topic(ptr, length uint64, granted ...[]core.Pattern) (string, error) {
	topic, err := in.text(ptr, length, core.MaxTopicBytes)
	if err != nil || core.CheckTopic(topic) != nil {
		return "", ErrnoBadArgument
	}
	for _, patterns := range granted {
		if core.MatchAny(patterns, topic, in.claims()) {
			return topic, nil
		}
	}
	return "", ErrnoDenied
}

// publish(topic, data, target, options).
func (in *instance) publish(s []uint64) (int64, error) {
	if in.full(OpPublish, s[3]) {
		return 0, ErrnoLimit
	}
	topic, err := in.topic(s[0], s[1], in.grants().Publish)
	if err != nil {
		return 0, err
	}
	e := Effect{Op: OpPublish, Topic: topic}
	if e.Data, err = in.json(s[2], s[3], MaxPublishData); err != nil {
		return 0, err
	}
	if e.Data == nil {
		return 0, ErrnoBadArgument
	}
	if e.Target, err = in.json(s[4], s[5], MaxPublishData); err != nil {
		return 0, err
	}
	if e.Target != nil {
		in.charge(len(e.Target) >> 4) // parsing takes longer than checking
		if e.target, err = in.b.host.ParseTarget(e.Target); err != nil {
			return 0, ErrnoBadArgument
		}
	}
	if err := in.publishOptions(&e, s[6], s[7]); err != nil {
		return 0, err
	}
	return 0, in.effect(e, len(e.Data)+len(e.Target))
}

func (in *instance) publishOptions(e *Effect, ptr, length uint64) error {
	raw, err := in.span(ptr, length)
	if err != nil {
		return err
	}
	if len(raw) > 1024 {
		return ErrnoBadArgument
	}
	env, ok := openEnvelope(raw)
	var fields [4][]byte
	for i := 0; ok && i < len(fields); i++ {
		fields[i], ok = env.next()
	}
	e.Event, e.Except, e.ID = string(fields[0]), core.SessionID(fields[1]), string(fields[2])
	if !ok || e.Event != "" && core.CheckEventName(e.Event) != nil || len(e.Except) > 64 || len(e.ID) > 128 {
		return ErrnoBadArgument
	}
	e.NoHistory = len(fields[3]) == 1 && fields[3][0] == 0
	return nil
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
	topic, err := in.topic(s[2], s[3], in.grants().Subscribe)
	if err != nil {
		return 0, err
	}
	info, err := in.json(s[4], s[5], MaxInfo)
	if err != nil {
		return 0, err
	}
	return 0, in.effect(Effect{Op: OpSubscribe, Topic: topic, Session: core.SessionID(session), Info: info}, len(info))
}

// unsubscribe(who, topic, reason).
func (in *instance) unsubscribe(s []uint64) (int64, error) {
	if in.full(OpUnsubscribe, s[1]) {
		return 0, ErrnoLimit
	}
	who, err := in.audience(s[0], s[1])
	if err != nil {
		return 0, err
	}
	topic, err := in.topic(s[2], s[3], in.grants().Subscribe)
	if err != nil {
		return 0, err
	}
	reason, err := in.text(s[4], s[5], MaxReason)
	if err != nil {
		return 0, err
	}
	return 0, in.effect(Effect{Op: OpUnsubscribe, Topic: topic, Who: who, Reason: reason}, int(uint32(s[1]))+16*(len(who.Sessions)+len(who.Users)))
}

// disconnect(who, reason). Ending a connection ends it for all topics: a grant
// that is narrower than "*" reaches the event's own session only.
func (in *instance) disconnect(s []uint64) (int64, error) {
	if in.full(OpDisconnect, s[1]) {
		return 0, ErrnoLimit
	}
	who, err := in.audience(s[0], s[1])
	if err != nil {
		return 0, err
	}
	reason, err := in.text(s[2], s[3], MaxReason)
	if err != nil {
		return 0, err
	}
	own := len(who.Users) == 0
	for _, session := range who.Sessions {
		own = own && session == core.SessionID(in.input.Session)
	}
	if !own && !grantsAll(in.grants().Subscribe) {
		return 0, ErrnoDenied
	}
	return 0, in.effect(Effect{Op: OpDisconnect, Who: who, Reason: reason}, int(uint32(s[1]))+16*(len(who.Sessions)+len(who.Users)))
}

func grantsAll(patterns []core.Pattern) bool {
	for _, p := range patterns {
		if p.String() == "*" {
			return true
		}
	}
	return false
}

// audience reads who: an envelope of names that begin with s or u.
func (in *instance) audience(ptr, length uint64) (who core.Audience, err error) {
	raw, err := in.span(ptr, length)
	if err != nil {
		return who, err
	}
	env, ok := openEnvelope(raw)
	if !ok || env.left == 0 || env.left > MaxAudience {
		return who, ErrnoBadArgument
	}
	in.charge(env.left / 4)
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
	session, err := in.text(s[0], s[1], 64)
	if err != nil {
		return 0, err
	}
	topic, err := in.topic(s[2], s[3], in.grants().Subscribe, in.grants().Presence)
	if err != nil {
		return 0, err
	}
	yes := in.b.host.services().Subscribed(in.b.endpoint.Name, core.SessionID(session), topic)
	in.read(Read{Op: "subscribed", Key: topic, Session: core.SessionID(session), Found: yes})
	if yes {
		return 1, nil
	}
	return 0, nil
}

// presence(topic, limit, out).
func (in *instance) presence(s []uint64) (int64, error) {
	topic, err := in.topic(s[0], s[1], in.grants().Presence)
	if err != nil {
		return 0, err
	}
	limit := int32(s[2])
	if limit < 0 || limit > MaxMembers {
		return 0, ErrnoBadArgument
	}
	members := in.b.host.services().Members(in.b.endpoint.Name, topic)
	in.charge(len(members) / 10)
	result := appendMembers(in.scratch[:0], members, int(limit))
	in.lend(result)
	if in.noting() {
		in.read(Read{Op: "presence", Key: topic, Found: true, Value: bytes.Clone(result)})
	}
	return in.out(s[3], s[4], result)
}
