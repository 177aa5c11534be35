package wire

import (
	"strconv"

	"github.com/driplet/driplet/core"
)

const knownTypes = "subscribe, unsubscribe, event, publish, presence, history, refresh or ping"

func (version2) Decode(frame []byte) (core.Command, error) {
	var f fields
	err := f.read(frame)
	id, idErr := f.id.requestID()
	if err = firstOf(err, idErr); err != nil {
		return core.Command{ID: id}, err
	}
	c := core.Command{ID: id}
	if err := f.understand(&c); err != nil {
		return core.Command{ID: id}, err
	}
	return c, nil
}

func (f *fields) understand(c *core.Command) error {
	typ, err := f.typ.text("type")
	if err != nil {
		return err
	}
	switch string(typ) {
	case "subscribe":
		c.Kind = core.CommandSubscribe
		return f.subscribe(c)
	case "unsubscribe":
		c.Kind = core.CommandUnsubscribe
		c.Topic, err = f.topicName()
		return err
	case "event":
		c.Kind = core.CommandEvent
		return f.clientEvent(c)
	case "publish":
		c.Kind = core.CommandPublish
		return f.publish(c)
	case "presence":
		c.Kind = core.CommandPresence
		return f.query(c)
	case "history":
		c.Kind = core.CommandHistory
		return f.query(c)
	case "refresh":
		c.Kind = core.CommandRefresh
		return f.refresh(c)
	case "ping":
		c.Kind = core.CommandPing
		return nil
	case "":
		return core.Errorf(core.CodeBadRequest, "type is missing or empty: send %s", knownTypes)
	}
	return core.Errorf(core.CodeBadRequest, "type %.40q is unknown: send %s", typ, knownTypes)
}

func (f *fields) subscribe(c *core.Command) (err error) {
	if c.Topic, err = f.topicName(); err != nil {
		return err
	}
	if c.Since, err = f.since.position(); err != nil {
		return err
	}
	c.Proof, err = f.proof.nonEmpty("proof")
	return err
}

func (f *fields) clientEvent(c *core.Command) (err error) {
	if c.Event, err = f.eventName(); err != nil {
		return err
	}
	if f.topic.raw != nil {
		if c.Topic, err = f.topicName(); err != nil {
			return err
		}
	}
	c.Data, err = f.data.compact()
	return err
}

func (f *fields) publish(c *core.Command) (err error) {
	if c.Topic, err = f.topicName(); err != nil {
		return err
	}
	if f.event.raw != nil {
		if c.Event, err = f.eventName(); err != nil {
			return err
		}
	}
	// Ignored, these would make a broadcast of what was meant for a few.
	if f.target.raw != nil || f.except.raw != nil {
		return core.Errorf(core.CodeBadRequest, "publish takes no target and no except: only the backend narrows who hears a message")
	}
	if f.message.raw == nil {
		return core.Errorf(core.CodeBadRequest, "message is missing: publish needs one, null at least")
	}
	c.Data, err = f.message.compact()
	return err
}

func (f *fields) query(c *core.Command) (err error) {
	if c.Topic, err = f.topicName(); err != nil {
		return err
	}
	if c.ID == "" {
		return core.Errorf(core.CodeBadRequest, "id is missing: without it this request has no answer")
	}
	if c.Kind == core.CommandPresence {
		return nil
	}
	if c.Since, err = f.since.position(); err != nil {
		return err
	}
	if f.limit.raw == nil {
		return nil
	}
	n, err := strconv.ParseInt(string(f.limit.raw), 10, 32)
	if err != nil || n < 1 {
		return core.Errorf(core.CodeBadRequest, "limit must be a positive integer, it is %.20s", f.limit.raw)
	}
	c.Limit = int(n)
	return nil
}

func (f *fields) refresh(c *core.Command) (err error) {
	if f.token.raw == nil {
		return core.Errorf(core.CodeBadRequest, "token is missing: refresh needs one")
	}
	c.Token, err = f.token.nonEmpty("token")
	return err
}

func (f *fields) topicName() (string, error) {
	b, err := f.topic.text("topic")
	if err != nil {
		return "", err
	}
	topic := string(b)
	return topic, core.CheckTopic(topic)
}

func (f *fields) eventName() (string, error) {
	b, err := f.event.text("event")
	if err != nil {
		return "", err
	}
	name := string(b)
	return name, core.CheckEventName(name)
}

// nonEmpty is a string that says something if it is there at all.
func (v value) nonEmpty(name string) (string, error) {
	b, err := v.text(name)
	if err == nil && v.raw != nil && len(b) == 0 {
		err = core.Errorf(core.CodeBadRequest, "%s is empty", name)
	}
	return string(b), err
}
