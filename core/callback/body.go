package callback

import (
	"bytes"
	"encoding/json"

	"github.com/driplet/driplet/core"
)

// event is the body of a callback, see README.md.
type event struct {
	Endpoint string          `json:"endpoint"`
	Event    string          `json:"event"`
	Topic    string          `json:"topic,omitempty"`
	User     string          `json:"user"`
	Session  core.SessionID  `json:"session,omitempty"`
	Claims   json.RawMessage `json:"claims"`
	Data     json.RawMessage `json:"data"`
	Time     int64           `json:"time"` // milliseconds since 1970
}

// newBody writes what a backend is told of ev, as compact JSON.
func newBody(ev *core.ClientEvent) ([]byte, error) {
	e := event{
		Endpoint: ev.Endpoint, Event: ev.Event, Topic: ev.Topic, Session: ev.Session,
		Claims: json.RawMessage("{}"), Data: json.RawMessage("null"), Time: ev.Time.UnixMilli(),
	}
	if ev.Claims != nil {
		e.User = ev.Claims.User
		if len(ev.Claims.Custom) > 0 {
			e.Claims = ev.Claims.Custom
		}
	}
	if len(ev.Data) > 0 {
		e.Data = ev.Data
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // users' JSON keeps its source text
	if err := enc.Encode(&e); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
