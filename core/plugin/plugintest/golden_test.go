package plugintest

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenEvent is one envelope of testdata/golden/events.json.
type goldenEvent struct {
	Name   string            `json:"name"`
	Kind   plugin.Kind       `json:"kind"`
	Fields map[string]string `json:"fields"` // as text; time and status in decimal
	Hex    string            `json:"hex"`
}

func goldenEvents() []goldenEvent {
	at := time.UnixMilli(1_700_000_000_123)
	client := plugin.Input{
		Session: "Zm9vYmFyYmF6cXV4MTIzNA", User: "7", Claims: []byte(`{"uid":7,"roles":["editor"]}`), Time: at, Account: "7", Endpoint: "default",
	}
	with := func(kind plugin.Kind, change func(*plugin.Input)) plugin.Input {
		in := client
		in.Kind = kind
		change(&in)
		return in
	}
	inputs := []plugin.Input{
		with(plugin.KindConnect, func(*plugin.Input) {}),
		with(plugin.KindDisconnect, func(*plugin.Input) {}),
		with(plugin.KindSubscribe, func(in *plugin.Input) { in.Topic = "chat.lobby" }),
		with(plugin.KindUnsubscribe, func(in *plugin.Input) { in.Topic = "chat.lobby" }),
		with(plugin.KindMessage, func(in *plugin.Input) {
			in.Event, in.Topic, in.Request, in.Data = "chat.send", "chat.lobby", `"a7"`, []byte(`{"room":"lobby","text":"Grüße"}`)
		}),
		with(plugin.KindPublish, func(in *plugin.Input) {
			in.Event, in.Topic, in.Data, in.Target = "note", "chat.lobby", []byte(`"hello"`), []byte(`{"include":{"roles":"editor"}}`)
		}),
		{Kind: plugin.KindTimer, Event: "sweep", Time: at, Endpoint: "default", State: []byte("since\x00yesterday")},
		{Kind: plugin.KindHTTP, Time: at, Endpoint: "default", State: []byte("42"), Status: 200, Headers: []byte(`{"content-type":"text/plain"}`), Data: []byte("\xff\x00body")},
		{Kind: plugin.KindHTTP, Time: at, Endpoint: "default", Data: []byte(`{"code":"timeout","message":"no answer in time"}`)},
		{Kind: plugin.KindHTTP, Time: at, Endpoint: "default", Method: "POST", Query: "course=7&x=%20", Headers: []byte(`{"content-type":"application/json"}`), Data: []byte(`{"name":"enrolled"}`)},
		{Kind: plugin.KindMessage, Event: "ping", Session: "s", User: "~x", Time: time.UnixMilli(-1)},
	}
	names := []string{"connect", "disconnect", "subscribe", "unsubscribe", "message", "publish", "timer", "http", "http failed", "http request", "message anonymous"}
	var out []goldenEvent
	for i, in := range inputs {
		out = append(out, goldenEvent{names[i], in.Kind, fieldsOf(in), hex.EncodeToString(in.AppendEnvelope(nil))})
	}
	for _, data := range []string{
		`{"room":"lobby","text":"Grüße\n\"\ud83d\ude00\"","on":true,"off":false,"none":null,"n":-1.50,"list":[1,"\n"],"room":{"a.b":"\n"}}`,
		` { "a" : "" } `, `{}`,
	} {
		in := with(plugin.KindMessage, func(in *plugin.Input) { in.Event, in.Request, in.Data = "chat.send", "1", []byte(data) })
		out = append(out, goldenEvent{"message, json_get imported", in.Kind, fieldsOf(in), hex.EncodeToString(in.AppendIndexed(nil))})
	}
	in := with(plugin.KindPublish, func(in *plugin.Input) { in.Topic, in.Data, in.Target = "chat.lobby", []byte(`{"a":1}`), []byte(`{}`) })
	return append(out, goldenEvent{"publish, json_get imported", in.Kind, fieldsOf(in), hex.EncodeToString(in.AppendIndexed(nil))})
}

// fieldsOf lists what is not empty; bytes that are no text are hex after 0x.
func fieldsOf(in plugin.Input) map[string]string {
	out := map[string]string{"time": in.Time.UTC().Format("2006-01-02T15:04:05.000Z")}
	for name, v := range map[string]string{
		"event": in.Event, "topic": in.Topic, "session": in.Session, "user": in.User, "request": in.Request, "claims": string(in.Claims),
		"data": string(in.Data), "account": in.Account, "endpoint": in.Endpoint, "state": string(in.State), "headers": string(in.Headers), "target": string(in.Target), "method": in.Method, "query": in.Query,
	} {
		if v != "" {
			out[name] = textOrHex(v)
		}
	}
	if in.Kind == plugin.KindHTTP && in.Method == "" {
		out["status"] = "0"
		if in.Status == 200 {
			out["status"] = "200"
		}
	}
	return out
}

func textOrHex(s string) string {
	for _, r := range s {
		if r < 0x20 || r == 0xfffd {
			return "0x" + hex.EncodeToString([]byte(s))
		}
	}
	return s
}

// goldenBytes is one span that a guest writes or reads.
type goldenBytes struct {
	Name   string   `json:"name"`
	Fields []string `json:"fields"` // 0x: hex
	Hex    string   `json:"hex"`
}

func goldenEnvelopes() []goldenBytes {
	timeout := string(binary.LittleEndian.AppendUint32(nil, 2500))
	offset := func(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }
	events := []*core.Event{
		{Pos: core.Position{Offset: 41}, Name: "chat.message", From: "7", Data: []byte(`{"text":"Grüße"}`), Target: &core.Target{Raw: []byte(`{"include":{"roles":"editor"}}`)}},
		{Pos: core.Position{Offset: 42}, Data: []byte(`"hello"`)},
	}
	var out []goldenBytes
	for _, e := range []struct {
		name   string
		fields []string
	}{
		{"publish options: event", []string{"chat.message"}},
		{"publish options: all", []string{"chat.message", "Zm9vYmFyYmF6cXV4MTIzNA", "order-17", "\x00"}},
		{"who: a session", []string{"sZm9vYmFyYmF6cXV4MTIzNA"}},
		{"who: a session and two users", []string{"sZm9vYmFyYmF6cXV4MTIzNA", "u7", "u~anon"}},
		{"fetch: get", []string{"", "https://api.example.com/v1"}},
		{"fetch: post", []string{"POST", "https://api.example.com/v1", `{"content-type":"application/json"}`, `{"a":1}`, timeout}},
		{"fetch: signed", []string{"POST", "https://api.example.com/v1", "", `{"a":1}`, timeout, "\x01"}},
		{"scan: two pairs", []string{"msg/1", "one", "msg/2", ""}},
		{"scan: none", nil},
		{"history: since", []string{"k3Jx", offset(41)}},
		{"history: two events", pastFields(&core.Past{Head: core.Position{Epoch: "k3Jx", Offset: 43}, Whole: true, More: true, Events: events})},
		{"history: an event", pastFields(&core.Past{Events: events[:1]}, 4, 0)},
		{"history: none yet", pastFields(&core.Past{Head: core.Position{Epoch: "k3Jx"}, Whole: true})},
	} {
		var raw [][]byte
		shown := []string{}
		for _, f := range e.fields {
			raw = append(raw, []byte(f))
			shown = append(shown, textOrHex(f))
		}
		out = append(out, goldenBytes{e.name, shown, hex.EncodeToString(plugin.AppendEnvelope(nil, raw...))})
	}
	return out
}

// pastFields are the fields of what history gives; of a field of it, and so on,
// where path says so.
func pastFields(past *core.Past, path ...int) (out []string) {
	fields, _ := plugin.ReadEnvelope(plugin.AppendPast(nil, past))
	for _, at := range path {
		fields, _ = plugin.ReadEnvelope(fields[at])
	}
	for _, f := range fields {
		out = append(out, string(f))
	}
	return out
}

// goldenAnswer is an answer and what the host makes of it.
type goldenAnswer struct {
	Kind    plugin.Kind `json:"kind"`
	Answer  string      `json:"answer"`            // the bytes, 0x: hex
	Refused bool        `json:"refused,omitempty"` // the top bit of the length
	Length  string      `json:"length"`            // the low half of the result, hex
	Means   string      `json:"means"`
}

func goldenAnswers() []goldenAnswer {
	var out []goldenAnswer
	add := func(kind plugin.Kind, answer string, refused bool, means string) {
		n := uint32(len(answer))
		if refused {
			n |= 1 << 31
		}
		var be [4]byte
		binary.BigEndian.PutUint32(be[:], n)
		out = append(out, goldenAnswer{kind, textOrHex(answer), refused, hex.EncodeToString(be[:]), means})
	}
	refusal := `{"code":"chat.banned","message":"you were put out of this room","data":{"until":1700000000}}`
	for _, k := range []plugin.Kind{plugin.KindConnect, plugin.KindSubscribe} {
		add(k, "", false, "admitted")
		add(k, "null", false, "admitted")
		add(k, "true", false, "admitted")
		add(k, "false", false, "refused: forbidden")
		add(k, "1", false, "failure")
		add(k, refusal, true, "refused: chat.banned")
	}
	add(plugin.KindConnect, `{"info":1}`, false, "failure")
	add(plugin.KindSubscribe, `{"info":{"name":"Ada"}}`, false, `admitted with {"name":"Ada"}`)
	add(plugin.KindSubscribe, `{"inof":1}`, false, "failure")
	add(plugin.KindMessage, "", false, "null")
	add(plugin.KindMessage, `{"id":42}`, false, `{"id":42}`)
	add(plugin.KindMessage, `[ 1 ]`, false, `[1]`)
	add(plugin.KindMessage, "oops", false, "failure")
	add(plugin.KindMessage, refusal, true, "refused: chat.banned")
	add(plugin.KindMessage, `{"code":"teapot","message":""}`, true, "refused: plugin_failed")
	target := `{"include":{"uid":7}}`
	both := func(length int, rest string) string {
		return "\x04" + string(binary.LittleEndian.AppendUint32(nil, uint32(length))) + rest
	}
	add(plugin.KindPublish, "", false, `"pass"`)
	add(plugin.KindPublish, "\x00", false, `"pass"`)
	add(plugin.KindPublish, "\x01", false, `"drop"`)
	add(plugin.KindPublish, "\x02\"***\"", false, `{"replace":"***"}`)
	add(plugin.KindPublish, "\x02[ 1 ]", false, `{"replace":[1]}`)
	add(plugin.KindPublish, "\x03"+target, false, `{"retarget":`+target+`}`)
	add(plugin.KindPublish, both(len(target), target+`"***"`), false, `{"replace":"***","retarget":`+target+`}`)
	add(plugin.KindPublish, refusal, true, "refused: chat.banned")
	add(plugin.KindHTTP, "", false, "null")
	add(plugin.KindHTTP, `{"id":42}`, false, `{"id":42}`)
	add(plugin.KindHTTP, "oops", false, "failure")
	add(plugin.KindHTTP, refusal, true, "refused: chat.banned")
	for _, bad := range []string{
		"\x00\x00", "\x01null", "\x02", "\x02oops", "\x03", "\x03[1]", "\x04\x02\x00", "\x05", "true",
		both(len(target)+1, target), both(len(target), target), both(-1, target+"1"), both(2, `[]1`),
	} {
		add(plugin.KindPublish, bad, false, "failure")
	}
	return out
}

func TestGolden(t *testing.T) {
	for file, v := range map[string]any{"events.json": goldenEvents(), "envelopes.json": goldenEnvelopes(), "answers.json": goldenAnswers()} {
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", "golden", file)
		if *update {
			if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, want.Bytes()) {
			t.Errorf("%s differs from what the code writes: the ABI has changed. If it has only grown, run go test -update", path)
		}
	}
}
