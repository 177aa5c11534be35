package node

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/target"
)

// messageBody is what a backend posts. Fields that are not named here are
// ignored, an "endpoint" among them: the URL says where it goes.
type messageBody struct {
	timestamp, message, target     json.RawMessage
	nonce, topic, name, except, id *string
}

// maxKeyBytes bounds an idempotency key, which is remembered for minutes.
const maxKeyBytes = 200

func parseMessage(body []byte) (*messageBody, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, core.Errorf(core.CodeBadRequest, "the body is empty: send a JSON object with nonce, timestamp, message and topic")
	}
	if err := core.CheckJSON(body); err != nil {
		return nil, err
	}
	if body = bytes.TrimSpace(body); body[0] != '{' {
		return nil, core.Errorf(core.CodeBadRequest, "the body is not a JSON object")
	}
	m := new(messageBody)
	for key, value := range core.JSONMembers(body) {
		if err := m.read(key, value); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// read takes one field. Case does not count, as it never did here; of a field
// that stands twice the last counts, but for those that say who hears: one of
// two might be empty, and the message for everybody.
func (m *messageBody) read(key []byte, value json.RawMessage) error {
	var text **string
	var name string
	switch name = strings.ToLower(string(key)); name {
	case "timestamp":
		m.timestamp = value
	case "message":
		m.message = value
	case "target":
		if m.target != nil {
			return twice(name)
		}
		m.target = value
	case "nonce":
		text = &m.nonce
	case "topic":
		text = &m.topic
	case "event":
		text = &m.name
	case "except":
		if m.except != nil {
			return twice(name)
		}
		text = &m.except
	case "id":
		text = &m.id
	}
	switch {
	case text == nil:
	case value[0] == '"':
		s := string(core.UnquoteJSON(value[1 : len(value)-1]))
		*text = &s
	case value[0] == 'n':
		*text = nil
	default:
		return core.Errorf(core.CodeBadRequest, "%s must be a string, not %s", name, core.JSONKind(value))
	}
	return nil
}

func twice(name string) error {
	return core.Errorf(core.CodeBadRequest, "%s stands twice: send it once, letter case makes no difference", name)
}

// event checks everything that says what goes where.
func (m *messageBody) event(endpoint string) (*core.Event, error) {
	if m.topic == nil {
		return nil, core.Errorf(core.CodeBadRequest, "topic is missing")
	}
	if err := core.CheckTopic(*m.topic); err != nil {
		return nil, err
	}
	if m.message == nil {
		return nil, core.Errorf(core.CodeBadRequest, "message is missing: it may be any JSON, also null")
	}
	data, err := core.CompactJSON(make([]byte, 0, len(m.message)), m.message)
	if err != nil {
		return nil, err
	}
	ev := &core.Event{Key: core.TopicKey{Endpoint: endpoint, Topic: *m.topic}, Data: data}
	if m.name != nil {
		if err := core.CheckEventName(*m.name); err != nil {
			return nil, err
		}
		ev.Name = *m.name
	}
	if m.except != nil {
		ev.Except = core.SessionID(*m.except)
	}
	if m.id != nil && (*m.id == "" || len(*m.id) > maxKeyBytes) {
		return nil, core.Errorf(core.CodeBadRequest, "id has %d bytes: it must have 1 to %d", len(*m.id), maxKeyBytes)
	}
	ev.Target, err = target.Parse(m.target)
	return ev, err
}
