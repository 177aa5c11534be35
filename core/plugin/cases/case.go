package cases

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

// Case is one test of a plugin: what is there before, and steps. README.md has
// the format in prose.
type Case struct {
	Config     map[string]any          `json:"config"`
	KV         map[string]any          `json:"kv"`
	Members    map[string][]caseMember `json:"members"`
	Subscribed map[string][]string     `json:"subscribed"`
	History    map[string][]pastEvent  `json:"history"`
	Steps      []Step                  `json:"steps"`
	Event      *Event                  `json:"event"` // a case of one step
	Expect     *Expect                 `json:"expect"`
	Comment    string                  `json:"comment"`
}

// Step is one event with what is expected of it.
type Step struct {
	Comment    string                  `json:"comment"`
	Members    map[string][]caseMember `json:"members"`
	Subscribed map[string][]string     `json:"subscribed"`
	History    map[string][]pastEvent  `json:"history"`
	Event      Event                   `json:"event"`
	Expect     Expect                  `json:"expect"`
}

type caseMember struct {
	ID   string          `json:"id"`
	Info json.RawMessage `json:"info"`
}

// Event is an event of a case; what is left out has the defaults of README.md.
type Event struct {
	Kind    string          `json:"kind"`
	Event   string          `json:"event"`
	Topic   string          `json:"topic"`
	Session *string         `json:"session"`
	User    *string         `json:"user"`
	Account *string         `json:"account"`
	Request json.RawMessage `json:"request"`
	Claims  json.RawMessage `json:"claims"`
	Time    int64           `json:"time"`
	Data    json.RawMessage `json:"data"`
	Body    *string         `json:"body"`
	State   string          `json:"state"`
	Status  int32           `json:"status"`
	Headers json.RawMessage `json:"headers"`
	Target  json.RawMessage `json:"target"`
	Method  string          `json:"method"`
	Query   string          `json:"query"`
}

// Expect says what must come of an event; what is left out is not looked at.
type Expect struct {
	Answer   json.RawMessage `json:"answer"`
	Refusal  json.RawMessage `json:"refusal"`
	Effects  json.RawMessage `json:"effects"`
	KV       map[string]any  `json:"kv"`
	Deferred *bool           `json:"deferred"`
	Logs     json.RawMessage `json:"logs"`
	Failure  string          `json:"failure"` // a part of its text
}

// Parse reads a case, strictly: unknown keys are errors.
func Parse(src []byte) (*Case, error) {
	c := new(Case)
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(c); err != nil {
		return nil, misread(src, d.InputOffset(), err)
	}
	if (c.Event != nil) == (len(c.Steps) > 0) {
		return nil, fmt.Errorf("give either \"event\" and \"expect\", or \"steps\"")
	}
	if c.Event != nil {
		c.Steps = []Step{{Event: *c.Event}}
		if c.Expect != nil {
			c.Steps[0].Expect = *c.Expect
		}
	}
	return c, nil
}

// misread says where in a case's file what is wrong, for its author.
func misread(src []byte, at int64, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	text := strings.TrimPrefix(err.Error(), "json: ")
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at, text = kind.Offset, fmt.Sprintf("%s is %s, which does not fit there", cmp.Or(kind.Field, "the whole"), kind.Value)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		at, text = int64(len(src)), "the JSON ends too early"
	default:
		if key, ok := strings.CutPrefix(text, "unknown field "); ok {
			// The decoder tells no place: that of the key's first use.
			if i := bytes.Index(src, []byte(key)); i >= 0 {
				at = int64(i)
			}
			text = "unknown key " + key + ": 'driplet help plugin cases' tells the format"
		}
	}
	return fmt.Errorf("line %d: %s", 1+bytes.Count(src[:min(int(at), len(src))], []byte("\n")), text)
}

// Where a case is silent.
const (
	// Endpoint is where a case's plugin is.
	Endpoint = "default"
	// StartTime is a case's clock at first, 2023-11-14, in unix milliseconds.
	StartTime   = 1_700_000_000_000
	caseUser    = "7"
	caseSession = "session-"
)

// input is the event as the host gets it; now is the case's clock.
func (e *Event) input(now time.Time) (plugin.Input, error) {
	in := plugin.Input{Kind: plugin.KindMessage, Event: e.Event, Topic: e.Topic, Time: now, Endpoint: Endpoint, State: []byte(e.State), Status: e.Status, Method: e.Method, Query: e.Query}
	if e.Kind != "" {
		if in.Kind = plugin.KindNamed(e.Kind); in.Kind == 0 {
			return in, fmt.Errorf("kind %q is none: write connect, disconnect, subscribe, unsubscribe, message, publish, timer or http", e.Kind)
		}
	}
	var err error
	for _, f := range []struct {
		raw json.RawMessage
		to  *[]byte
	}{{e.Claims, &in.Claims}, {e.Data, &in.Data}, {e.Headers, &in.Headers}, {e.Target, &in.Target}} {
		if len(f.raw) > 0 {
			if *f.to, err = core.CompactJSON(nil, f.raw); err != nil {
				return in, err
			}
		}
	}
	if e.Body != nil {
		in.Data = []byte(*e.Body)
	}
	if in.Kind == plugin.KindTimer || in.Kind == plugin.KindHTTP {
		return in, nil
	}
	in.User = orElse(e.User, caseUser)
	silent := caseSession + in.User
	if in.Kind == plugin.KindPublish && in.User == "" {
		silent = "" // a backend's
	}
	in.Session = orElse(e.Session, silent)
	in.Account = orElse(e.Account, strings.TrimPrefix(in.User, "~"))
	if e.Account == nil && strings.HasPrefix(in.User, "~") {
		in.Account = ""
	}
	if in.Kind == plugin.KindMessage {
		switch string(e.Request) {
		case "":
			in.Request = "1"
		case "null":
		default:
			in.Request = string(e.Request)
		}
	}
	return in, nil
}

func orElse(given *string, silent string) string {
	if given == nil {
		return silent
	}
	return *given
}

// clientEvent is the input as node would send it.
func clientEvent(in *plugin.Input) (*core.ClientEvent, error) {
	attributes, err := core.ParseAttributes(in.Claims)
	if err != nil {
		return nil, err
	}
	ev := &core.ClientEvent{
		Kind: core.HookKind(in.Kind), Endpoint: in.Endpoint, Event: in.Event, Topic: in.Topic,
		Session: core.SessionID(in.Session), User: in.User, Request: core.RequestID(in.Request), Time: in.Time, Data: in.Data,
	}
	if in.Session != "" {
		ev.Claims = &core.Claims{User: in.Account, Custom: in.Claims, Attributes: attributes}
	}
	if in.Method != "" {
		ev.HTTP = &core.HTTPRequest{Method: in.Method, Query: in.Query, Headers: in.Headers}
	}
	if in.Target != nil {
		ev.Target, err = ParseTarget(in.Target)
	}
	return ev, err
}
