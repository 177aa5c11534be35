package cases

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

// Mask hides session ids, which are secrets between a client and the server:
// each becomes a name that stays the same while the Mask lives, so that it can
// be told from others. Safe for use by many goroutines.
type Mask struct{ key []byte }

// NewMask returns a Mask with a random key.
func NewMask() *Mask {
	m := &Mask{key: make([]byte, 32)}
	rand.Read(m.key) // never fails since Go 1.24
	return m
}

// Session is the name of a session id; "" stays.
func (m *Mask) Session(id string) string {
	if id == "" {
		return ""
	}
	h := hmac.New(sha256.New, m.key)
	h.Write([]byte(id))
	return "masked-" + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:9])
}

// leastMasked is from which length on a session id is looked for within other
// texts: the server's have 22 bytes and more.
const leastMasked = 16

// record masks every session that the trace names, wherever it stands: in
// data, keys and logs as well.
func (m *Mask) record(r *Record, t *plugin.Trace) {
	var ids []string
	add := func(id string) {
		if len(id) >= leastMasked && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	add(t.Input.Session)
	for i := range t.Effects {
		e := &t.Effects[i]
		add(string(e.Session))
		add(string(e.Except))
		for _, id := range e.Who.Sessions {
			add(string(id))
		}
	}
	for i := range t.Reads {
		add(string(t.Reads[i].Session))
	}
	r.Event.Session = m.Session(r.Event.Session)
	for i := range r.Reads {
		r.Reads[i].Of = m.Session(r.Reads[i].Of)
	}
	for i := range t.Effects {
		masked := t.Effects[i]
		masked.Session, masked.Except = core.SessionID(m.Session(string(masked.Session))), core.SessionID(m.Session(string(masked.Except)))
		masked.Who.Sessions = slices.Clone(masked.Who.Sessions)
		for k, id := range masked.Who.Sessions {
			masked.Who.Sessions[k] = core.SessionID(m.Session(string(id)))
		}
		if f := masked.Request; f != nil {
			request := *f
			request.Headers = maskHeaders(f.Headers)
			masked.Request = &request
		}
		r.Effects[i] = encode(EffectJSON(&masked))
	}
	var headers map[string]string
	if json.Unmarshal(r.Event.Headers, &headers) == nil && headers != nil {
		r.Event.Headers = encode(maskHeaders(headers))
	}
	for _, id := range ids {
		m.within(r, id)
	}
}

// confidential are parts of the names of headers that bear secrets.
var confidential = []string{"auth", "cookie", "key", "secret", "signature", "token"}

// maskHeaders leaves the values of confidential headers out: what compares them
// later takes any.
func maskHeaders(headers map[string]string) map[string]string {
	out := make(map[string]string, len(headers))
	for name, value := range headers {
		if slices.ContainsFunc(confidential, func(part string) bool { return strings.Contains(strings.ToLower(name), part) }) {
			value = anything
		}
		out[name] = value
	}
	return out
}

// within masks one session in the texts of a record.
func (m *Mask) within(r *Record, id string) {
	name := m.Session(id)
	text := func(s *string) { *s = strings.ReplaceAll(*s, id, name) }
	blob := func(b *[]byte) {
		if bytes.Contains(*b, []byte(id)) {
			*b = bytes.ReplaceAll(*b, []byte(id), []byte(name))
		}
	}
	e := &r.Event
	for _, s := range []*string{&e.Event, &e.Topic, &r.Failure} {
		text(s)
	}
	for _, b := range []*json.RawMessage{&e.Claims, &e.Data, &e.Headers, &e.Target, &r.Answer, &r.Refusal} {
		blob((*[]byte)(b))
	}
	blob((*[]byte)(&e.State))
	if e.Body != nil {
		blob((*[]byte)(e.Body))
	}
	r.Logs = slices.Clone(r.Logs)
	for i := range r.Logs {
		text(&r.Logs[i])
	}
	for i := range r.Effects {
		blob((*[]byte)(&r.Effects[i]))
	}
	for i := range r.Reads {
		text(&r.Reads[i].Key)
		text(&r.Reads[i].After)
		v := (*[]byte)(r.Reads[i].Value)
		if v == nil {
			continue
		}
		pairs, ok := plugin.ReadEnvelope(*v)
		if !strings.HasPrefix(r.Reads[i].Op, "kv_scan") || !ok || !bytes.Contains(*v, []byte(id)) {
			blob(v)
			continue
		}
		for n := range pairs { // each by itself, for the envelope tells how long it is
			blob(&pairs[n])
		}
		*v = plugin.AppendEnvelope(nil, pairs...)
	}
}
