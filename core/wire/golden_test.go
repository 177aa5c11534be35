package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"

	"github.com/driplet/driplet/core"
)

// golden is one element of testdata/*.json; README.md there explains it.
type golden struct {
	Name        string
	From        string
	Frame       *string
	FrameBase64 string `json:"frame_base64"`
	Means       *meaning
	Given       *given
	Echo        bool
	Variant     bool
	Refused     core.Code
	ID          json.RawMessage
}

type meaning struct {
	Kind                       string
	ID, Message, Data, Info    json.RawMessage
	Topic, Event, Endpoint     string
	Session, User, From        string
	Code, Reason, Token, Proof string
	Epoch                      string
	Offset                     *uint64
	Recovered                  *bool
	Since, Next                *core.Position
	Messages                   []meaning
	More                       *bool
	Member                     *struct {
		ID   string
		Info json.RawMessage
	}
	Ping, In, Limit, Missed int
	MaxFrame                int `json:"max_frame"`
	Expires                 int64
	Retry                   bool
	Target                  json.RawMessage
}

// given is what the server knows of an event beyond what the frame says.
type given struct {
	Event, Epoch, From string
	Offset             uint64
	Target             json.RawMessage
}

func readGolden(t testing.TB, file string) []golden {
	t.Helper()
	src, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	var all []golden
	if err := d.Decode(&all); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, g := range all {
		if seen[g.From+g.Name] {
			t.Errorf("%s: two frames of the %s are named %q", file, g.From, g.Name)
		}
		seen[g.From+g.Name] = true
	}
	return all
}

func (g golden) bytes(t testing.TB) []byte {
	if g.Frame != nil {
		return []byte(*g.Frame)
	}
	b, err := base64.StdEncoding.DecodeString(g.FrameBase64)
	if err != nil || len(b) == 0 {
		t.Fatalf("%s: no frame (%v)", g.Name, err)
	}
	return b
}

func TestGoldenServer(t *testing.T) {
	for file, dialect := range map[string]Protocol{"v1.json": V1, "v2.json": V2} {
		for _, g := range readGolden(t, file) {
			if g.From != "server" {
				continue
			}
			p := dialect
			if g.Echo {
				p = V1Echo
			}
			o := outgoing(t, g)
			if got := string(p.Append([]byte("before"), o)); got != "before"+*g.Frame {
				t.Errorf("%s, %s:\n got %s\nwant %s", file, g.Name, got, *g.Frame)
			}
		}
	}
}

func outgoing(t *testing.T, g golden) core.Outgoing {
	m := *g.Means
	switch m.Kind {
	case "message":
		ev := &core.Event{Key: core.TopicKey{Endpoint: m.Endpoint, Topic: m.Topic}, Name: m.Event, Data: m.Message, From: m.From}
		if m.Offset != nil {
			ev.Pos = core.Position{Offset: *m.Offset}
		}
		if m.Target != nil {
			ev.Target = &core.Target{Raw: m.Target}
		}
		if k := g.Given; k != nil {
			ev.Pos.Epoch = k.Epoch
			if k.Event != "" {
				ev.Name, ev.From, ev.Pos.Offset = k.Event, k.From, k.Offset
			}
			if k.Target != nil {
				ev.Target = &core.Target{Raw: k.Target}
			}
		}
		return ev
	case "welcome":
		return core.Welcome{Session: core.SessionID(m.Session), User: m.User, Ping: m.Ping, MaxFrame: m.MaxFrame, Expires: m.Expires}
	case "reply":
		r := core.Reply{ID: core.RequestID(m.ID), Topic: m.Topic, Recovered: m.Recovered, Missed: m.Missed, HasData: m.Data != nil, Data: m.Data}
		if m.Offset != nil {
			r.Pos = core.Position{Epoch: m.Epoch, Offset: *m.Offset}
		}
		if m.More != nil {
			r.Page = &core.Page{More: *m.More}
			for _, of := range m.Messages {
				r.Page.Messages = append(r.Page.Messages, &core.Event{Name: of.Event, Data: of.Message, From: of.From, Pos: core.Position{Offset: *of.Offset}})
			}
			if m.Next != nil {
				r.Page.Next = *m.Next
			}
		}
		if string(m.Data) == "null" {
			r.Data = nil
		}
		return r
	case "error":
		var text string
		if err := json.Unmarshal(m.Message, &text); err != nil {
			t.Fatal(err)
		}
		return core.Failure{ID: core.RequestID(m.ID), Err: &core.Error{Code: core.Code(m.Code), Message: text, Retry: m.Retry, Data: m.Data}}
	case "join":
		return core.Join{Topic: m.Topic, Member: core.Member{ID: m.Member.ID, Info: m.Member.Info}}
	case "leave":
		return core.Leave{Topic: m.Topic, Member: core.Member{ID: m.Member.ID, Info: m.Member.Info}}
	case "subscribed":
		sub := core.Subscribed{Topic: m.Topic, Reason: m.Reason, Info: m.Info}
		if m.Offset != nil {
			sub.Pos = core.Position{Epoch: m.Epoch, Offset: *m.Offset}
		}
		return sub
	case "unsubscribed":
		return core.Unsubscribed{Topic: m.Topic, Reason: m.Reason}
	case "expiring":
		return core.Expiring{In: m.In}
	case "pong":
		return core.Pong{}
	}
	t.Fatalf("%s: unknown kind %q", g.Name, m.Kind)
	return nil
}

func TestGoldenClient(t *testing.T) {
	for file, p := range map[string]Protocol{"v1.json": V1, "v2.json": V2} {
		for _, g := range readGolden(t, file) {
			if g.From != "client" {
				continue
			}
			frame := g.bytes(t)
			got, err := p.Decode(frame)
			if g.Refused != "" {
				wantRefused(t, g, got, err)
				continue
			}
			if err != nil {
				t.Errorf("%s, %s: %v", file, g.Name, err)
				continue
			}
			clear(frame) // the command owns its bytes
			if want := command(t, g); describe(got) != describe(want) {
				t.Errorf("%s, %s:\n got %s\nwant %s", file, g.Name, describe(got), describe(want))
			}
		}
	}
}

func wantRefused(t *testing.T, g golden, got core.Command, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: accepted as %s", g.Name, describe(got))
		return
	}
	if e := core.AsError(err); e.Code != g.Refused || e.Retry || e.Message == "" {
		t.Errorf("%s: %+v", g.Name, e)
	}
	if want := (core.Command{ID: core.RequestID(g.ID)}); describe(got) != describe(want) {
		t.Errorf("%s: beside the error %s, want %s", g.Name, describe(got), describe(want))
	}
}

var commandKinds = map[string]core.CommandKind{
	"subscribe": core.CommandSubscribe, "unsubscribe": core.CommandUnsubscribe, "event": core.CommandEvent,
	"publish": core.CommandPublish, "presence": core.CommandPresence, "history": core.CommandHistory,
	"refresh": core.CommandRefresh, "ping": core.CommandPing,
}

func command(t *testing.T, g golden) core.Command {
	m := *g.Means
	c := core.Command{Kind: commandKinds[m.Kind], ID: core.RequestID(m.ID), Topic: m.Topic, Event: m.Event,
		Token: m.Token, Since: m.Since, Proof: m.Proof, Limit: m.Limit, Data: m.Data}
	if c.Kind == 0 {
		t.Fatalf("%s: unknown kind %q", g.Name, m.Kind)
	}
	if c.Kind == core.CommandPublish {
		c.Data = m.Message
	}
	return c
}

// describe writes a command for comparison; nil and empty data differ.
func describe(c core.Command) string {
	b, err := json.Marshal(struct {
		core.Command
		Data    string
		HasData bool
	}{c, string(c.Data), c.Data != nil})
	if err != nil {
		return err.Error()
	}
	return string(b)
}
