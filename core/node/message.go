package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/engine"
	"github.com/driplet/driplet/core/target"
)

// messageBody is what a backend posts. Fields that are not named here are
// ignored, an "endpoint" among them: the URL says where it goes.
type messageBody struct {
	timestamp, message, target     json.RawMessage
	nonce, topic, name, except, id *string
}

// MaxKeyBytes bounds an idempotency key, which is remembered for minutes.
const MaxKeyBytes = 200

// Message places what a backend posted to an endpoint. Nothing of the body is
// believed before its signature; its nonce is spent only when all else is well.
// The request is signed by its body (version 1) or as a whole (version 2).
func (n *Node) Message(ctx context.Context, endpoint string, r auth.Request) (Receipt, error) {
	t, err := n.tenant(endpoint)
	if err != nil {
		return Receipt{}, err
	}
	receipt, err := n.message(ctx, t, r)
	if err != nil {
		return Receipt{}, t.refuse(err)
	}
	return receipt, nil
}

func (n *Node) message(ctx context.Context, t *tenant, r auth.Request) (Receipt, error) {
	p, err := n.verify(t.Endpoint, r)
	if err != nil {
		return Receipt{}, err
	}
	m, err := parseMessage(r.Body)
	if err != nil {
		return Receipt{}, err
	}
	if p.nonce == "" {
		if err := p.readBody(m, n.Now()); err != nil {
			return Receipt{}, err
		}
	}
	ev, err := m.event(t.Name)
	if err != nil {
		return Receipt{}, err
	}
	scope := t.Name + "/" + p.credential
	if err := n.spendNonce(ctx, scope, p.nonce, p.at); err != nil {
		return Receipt{}, err
	}
	id := ""
	if m.id != nil {
		id = *m.id
	}
	return n.place(ctx, t, ev, n.filter(t, nil, ev.Key.Topic), scope, id)
}

// signed is what a signature proves: who sent the request, and once when.
type signed struct {
	credential string
	nonce      string // "" until it is read from the body (version 1)
	at         time.Time
}

func (n *Node) verify(ep *core.Endpoint, r auth.Request) (p signed, err error) {
	if !auth.IsRequestSignature(r.Signature) {
		p.credential, err = auth.VerifyBody(ep.Name, ep.APIKeys, r.Signature, r.Body)
		return p, err
	}
	return n.verifyRequest(ep, r)
}

// verifyRequest checks a request that is signed as a whole.
func (n *Node) verifyRequest(ep *core.Endpoint, r auth.Request) (signed, error) {
	credential, unix, err := auth.VerifyRequest(ep.Name, ep.APIKeys, r, n.Now())
	return signed{credential, r.Nonce, time.Unix(unix, 0)}, err
}

// readBody takes nonce and timestamp from a version 1 body.
func (p *signed) readBody(m *messageBody, now time.Time) error {
	if m.nonce == nil || *m.nonce == "" || len(*m.nonce) > auth.MaxNonceBytes {
		return core.Errorf(core.CodeBadRequest, "nonce is missing, empty or over %d bytes: send a new random text with every request", auth.MaxNonceBytes)
	}
	if len(m.timestamp) == 0 || string(m.timestamp) == "null" {
		return core.Errorf(core.CodeBadRequest, "timestamp is missing: send the seconds since 1970")
	}
	unix, err := strconv.ParseInt(string(m.timestamp), 10, 64)
	if err != nil {
		return core.Errorf(core.CodeBadRequest, "timestamp is %.40s: it must be a whole number of seconds since 1970", m.timestamp)
	}
	p.nonce, p.at = *m.nonce, time.Unix(unix, 0)
	return auth.CheckTimestamp(unix, now)
}

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
	if m.id != nil && (*m.id == "" || len(*m.id) > MaxKeyBytes) {
		return nil, core.Errorf(core.CodeBadRequest, "id has %d bytes: it must have 1 to %d", len(*m.id), MaxKeyBytes)
	}
	ev.Target, err = target.Parse(m.target)
	return ev, err
}

// spendNonce refuses what was sent before, or might have been.
func (n *Node) spendNonce(ctx context.Context, credential, nonce string, at time.Time) error {
	switch err := n.Engine.Once(ctx, credential, nonce, at); {
	case errors.Is(err, engine.ErrSpent):
		return core.Errorf(core.CodeUnauthorized, "this nonce was used before: every request needs a new one").WithReason(core.ReasonReplayed)
	case errors.Is(err, engine.ErrTooOld):
		e := core.Errorf(core.CodeUnauthorized, "the timestamp lies before this server's start, so a replay cannot be told apart: sign the request anew").WithReason(core.ReasonReplayed)
		e.Retry = true
		return e
	case errors.Is(err, engine.ErrFull):
		return core.Errorf(core.CodeUnavailable, "too many requests within a minute to remember their nonces: try again")
	default:
		return err
	}
}
