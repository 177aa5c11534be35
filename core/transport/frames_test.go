package transport_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
)

// badFrames are frames that ask for nothing, as text; code is what version 2
// is told.
var badFrames = map[string]struct{ frame, text string }{
	"empty":             {"", ""},
	"junk":              {"\x01\x02hello", ""},
	"cut off":           {`{"type":"subscribe","topic":"t"`, ""},
	"a list":            {`[1,2]`, ""},
	"null":              {`null`, ""},
	"nested":            {strings.Repeat("[", 30000) + strings.Repeat("]", 30000), ""},
	"nested in data":    {`{"type":"event","event":"e","data":` + strings.Repeat("[", 30000) + strings.Repeat("]", 30000) + "}", "128"},
	"no type":           {`{"topic":"t"}`, "type"},
	"unknown type":      {`{"type":"launch","topic":"t"}`, "launch"},
	"type of a number":  {`{"type":7}`, "type"},
	"no topic":          {`{"type":"subscribe"}`, "topic"},
	"empty topic":       {`{"type":"subscribe","topic":""}`, "topic"},
	"topic of 201":      {`{"type":"subscribe","topic":"` + strings.Repeat("t", 201) + `"}`, "201 bytes"},
	"control character": {`{"type":"subscribe","topic":"a\u0007"}`, "U+0007"},
	"C1 control":        {`{"type":"subscribe","topic":"a\u0085"}`, "U+0085"},
	"twice a key":       {`{"type":"subscribe","topic":"a","topic":"b"}`, ""},
}

func TestBadFrames(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	token := s.User(7)
	const counted = `driplet_refused_total{code="bad_request",endpoint="default"}`
	for name, bad := range badFrames {
		t.Run(name, func(t *testing.T) {
			s := s.In(t)
			for _, opcode := range []byte{testkit.Text, testkit.Binary} {
				v2 := s.V2(token)
				v2.Send(opcode, bad.frame)
				got := v2.Wait(`"type":"error"`)
				if !strings.Contains(got, `"code":"bad_request"`) || !strings.Contains(got, bad.text) || strings.Contains(got, `"id"`) {
					t.Error(got)
				}
				v2.Subscribe("t") // the connection lives on
				v2.Close()

				before := s.Metric(counted)
				v1 := s.V1(token)
				v1.Send(opcode, bad.frame)
				v1.Say(`{"type":"subscribe","topic":"quiet"}`)
				testkit.Until(t, "version 1 is subscribed", func() bool { return s.Metric("driplet_subscriptions") >= 3 })
				s.Publish("quiet", `"first"`)
				if f := v1.Next(); string(f.Payload) != `{"message":"first","endpoint":"default","topic":"quiet"}` {
					t.Errorf("version 1 was told %s", f)
				}
				if n := s.Metric(counted); n != before+1 {
					t.Errorf("%v refusals were counted, want 1", n-before)
				}
				v1.Close()
				testkit.Until(t, "both have left", func() bool { return s.Metric("driplet_subscriptions") == 2 })
			}
		})
	}
}

// 100,000 deep is also more than a frame may have, and with a larger limit
// still no trouble.
func TestNestedVeryDeep(t *testing.T) {
	s := testkit.Start(t, testkit.Options{Endpoint: func(e *core.Endpoint) { e.Limits.FrameBytes = 1 << 20 }})
	s.Witness()
	for _, open := range []string{"[", `{"a":`} {
		w := s.V2(s.User(7))
		w.Say(`{"type":"event","event":"e","id":1,"data":` + strings.Repeat(open, 100000))
		w.Wait("bad_request")
		w.Say(strings.Repeat(open, 100000))
		w.Wait("bad_request")
		w.Subscribe("t")
	}
}

func TestTooLarge(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	token := s.User(7)
	const fin = testkit.Fin
	pad := func(n int) []byte {
		const head, tail = `{"type":"subscribe","topic":"t","id":1,"x":"`, `"}`
		return []byte(head + strings.Repeat("x", n-len(head)-len(tail)) + tail)
	}
	w := s.V2(token)
	w.Raw(testkit.MakeFrame(fin|testkit.Text, pad(65536)))
	w.Wait(subscribed)
	w.Raw(testkit.MakeFrame(testkit.Text, pad(65536)[:60000]))
	w.Raw(testkit.MakeFrame(fin, pad(65536)[60000:]))
	w.Wait(subscribed)

	fragments := func(n, of int) (out []byte) {
		out = testkit.MakeFrame(testkit.Text, make([]byte, of))
		for range n - 1 {
			out = append(out, testkit.MakeFrame(0, make([]byte, of))...)
		}
		return out
	}
	for name, test := range map[string]struct {
		bytes []byte
		size  string
	}{
		"one byte":              {testkit.MakeFrame(fin|testkit.Text, pad(65537)), "65,537"},
		"15 KB":                 {testkit.MakeFrame(fin|testkit.Binary, pad(81204)), "81,204"},
		"1 MB":                  {testkit.MakeFrame(fin|testkit.Text, pad(1000000)), "1,000,000"},
		"a header alone":        {testkit.Header(fin|testkit.Text, 20<<20), "20,971,520"},
		"one fragment too many": {fragments(66, 1000), "66,000"},
		"a large last fragment": {append(fragments(1, 60000), testkit.MakeFrame(fin, make([]byte, 6000))...), "66,000"},
	} {
		for _, version := range []string{"1", "2"} {
			t.Run(name+", version "+version, func(t *testing.T) {
				s := s.In(t)
				w := s.Upgrade("/ws/default?token=" + token + "&v=" + version)
				w.Raw(test.bytes)
				w.WantClose(1009, "frame is "+test.size+" bytes, limit 65,536 (Limits.FrameBytes)")
			})
		}
	}
}

// The close frame arrives also where the client reads only when it has sent
// everything.
func TestTooLargeAndGoesOn(t *testing.T) {
	s := testkit.Start(t, testkit.Options{})
	s.Witness()
	frame := func(size int) []byte { // masked with what happens to be its key
		return append(testkit.Header(testkit.Fin|testkit.Binary, uint64(size)), make([]byte, size)...)
	}
	w := s.V2(s.User(7))
	w.Raw(frame(20 << 20))
	w.WantClose(1009, "20,971,520 bytes")

	w = s.V2(s.User(7)) // many frames, the first of which is too large
	w.Raw(frame(70000))
	next := frame(10000)
	for range 2000 {
		w.Raw(next)
	}
	w.WantClose(1009, "70,000 bytes")
}

type golden struct {
	Name, From, Frame string
	FrameBase64       string `json:"frame_base64"`
	Refused           string
	Echo              bool
	Means             struct {
		Kind, Endpoint, Topic string
		Message               json.RawMessage
		Target                json.RawMessage
	}
	Given struct {
		Event  string
		Target json.RawMessage
	}
}

// The frames that clients in the field rely on, from the real server's socket.
func TestGoldenFramesOfVersion1(t *testing.T) {
	text, err := os.ReadFile("../wire/testdata/v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []golden
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	keys := func(e *core.Endpoint) *core.Endpoint {
		e.APIKeys = []core.Credential{{ID: "current", Secret: testkit.APISecret}}
		e.JWTKeys = []core.Credential{{ID: "current", Secret: testkit.JWTSecret}}
		e.Limits = core.DefaultLimits
		return e
	}
	plain := testkit.Start(t, testkit.Options{More: []*core.Endpoint{keys(&core.Endpoint{Name: "shop-2"})}})
	plain.Witness()
	echo := testkit.Start(t, testkit.Options{Endpoint: func(e *core.Endpoint) { e.EchoTarget = true }})
	seen := 0
	for _, g := range all {
		s := plain
		if g.Echo {
			s = echo
		}
		name := g.Means.Endpoint
		if name == "" {
			name = "default"
		}
		token := s.Token(map[string]any{"custom": map[string]any{"uid": 8, "roles": []string{"editor"}}})
		before, refused := s.Metric("driplet_subscriptions"), s.Metric(`driplet_refused_total{code="bad_request",endpoint="default"}`)
		w := s.Upgrade("/ws/" + name + "?token=" + token)
		switch {
		case g.From == "client" && g.Refused != "":
			if g.FrameBase64 != "" {
				b, err := base64.StdEncoding.DecodeString(g.FrameBase64)
				if err != nil {
					t.Fatal(err)
				}
				g.Frame = string(b)
			}
			w.Send(testkit.Binary, g.Frame)
			testkit.Until(t, g.Name+" is counted", func() bool {
				return s.Metric(`driplet_refused_total{code="bad_request",endpoint="default"}`) == refused+1
			})
		case g.From == "client":
			topic, _ := json.Marshal(g.Means.Topic)
			w.Say(fmt.Sprintf(`{"type":"subscribe","topic":%s}`, topic))
			testkit.Until(t, g.Name+": subscribed", func() bool { return s.Metric("driplet_subscriptions") == before+1 })
			want := before + 1
			if g.Means.Kind == "unsubscribe" {
				want = before
			}
			w.Say(g.Frame)
			w.Say(`{"type":"subscribe","topic":"sync"}`)
			testkit.Until(t, g.Name, func() bool { return s.Metric("driplet_subscriptions") == want+1 })
		default:
			topic, _ := json.Marshal(g.Means.Topic)
			w.Say(fmt.Sprintf(`{"type":"subscribe","topic":%s}`, topic))
			testkit.Until(t, g.Name+": subscribed", func() bool { return s.Metric("driplet_subscriptions") == before+1 })
			fields := fmt.Sprintf(`"topic":%s,"message":%s`, topic, g.Means.Message)
			if g.Given.Event != "" {
				fields += fmt.Sprintf(`,"event":%q`, g.Given.Event)
			}
			if target := append(g.Means.Target, g.Given.Target...); len(target) > 0 {
				fields += `,"target":` + string(target)
			}
			post(t, s, name, testkit.Body(fields))
			if f := w.Next(); string(f.Payload) != g.Frame || f.First != testkit.Fin|testkit.Text {
				t.Errorf("%s: %s, want %s", g.Name, f, g.Frame)
			}
		}
		w.Close()
		testkit.Until(t, g.Name+": left", func() bool { return s.Metric("driplet_subscriptions") == before })
		seen++
	}
	if seen < 20 {
		t.Errorf("only %d golden frames", seen)
	}
}

// EchoTarget repeats the target in compact form, and only in version 1.
func TestEchoTarget(t *testing.T) {
	s := testkit.Start(t, testkit.Options{Endpoint: func(e *core.Endpoint) { e.EchoTarget = true }})
	v2, v1 := s.V2(s.User(7)), s.V1(s.User(7))
	v2.Subscribe("t")
	v1.Say(`{"type":"subscribe","topic":"t"}`)
	testkit.Until(t, "both are subscribed", func() bool { return s.Metric("driplet_subscriptions") == 2 })
	post(t, s, "default", testkit.Body(`"topic":"t","message":[1.0], "target" : { "include" : { "uid" : [ 7, 8 ] } }`))
	if f := v1.Next(); string(f.Payload) != `{"message":[1.0],"target":{"include":{"uid":[7,8]}},"endpoint":"default","topic":"t"}` {
		t.Error(f)
	}
	if f := v2.Wait("message"); f != `{"type":"message","topic":"t","message":[1.0]}` {
		t.Error(f)
	}
}
