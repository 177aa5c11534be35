package wire

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/driplet/driplet/core"
)

func seed(f *testing.F, file string) {
	for _, g := range readGolden(f, file) {
		f.Add(g.bytesOrNone())
	}
	f.Add([]byte("{\"type\":\"event\",\"event\":\"\\ud83d\\ude00\\udc00\",\"id\":\"\\u0000\"}"))
	f.Add([]byte("{\"type\":\"subscribe\",\"topic\":\"\\ud800\",\"since\":{\"epoch\":\"\\n\",\"offset\":18446744073709551615}}"))
}

func (g golden) bytesOrNone() []byte {
	if g.Frame != nil {
		return []byte(*g.Frame)
	}
	return []byte(g.FrameBase64)
}

func FuzzDecodeV1(f *testing.F) {
	seed(f, "v1.json")
	f.Fuzz(func(t *testing.T, frame []byte) {
		c, err := V1.Decode(frame)
		if err != nil {
			checkRefusal(t, c, err)
		}
		if c.ID != "" || c.Data != nil || c.Event != "" {
			t.Fatalf("version 1 has no such thing: %s", describe(c))
		}
		if err == nil {
			checkAccepted(t, frame, c)
		}
	})
}

func FuzzDecodeV2(f *testing.F) {
	seed(f, "v2.json")
	f.Fuzz(func(t *testing.T, frame []byte) {
		c, err := V2.Decode(frame)
		if err != nil {
			checkRefusal(t, c, err)
			return
		}
		checkAccepted(t, frame, c)
	})
}

func checkRefusal(t *testing.T, c core.Command, err error) {
	t.Helper()
	e, ok := err.(*core.Error)
	if !ok || e.Code != core.CodeBadRequest || len(e.Message) > 700 {
		t.Fatalf("refused by %v", err)
	}
	if only := (core.Command{ID: c.ID}); describe(c) != describe(only) {
		t.Fatalf("beside the error stands %s", describe(c))
	}
	checkJSON(t, V2.Append(nil, core.Failure{ID: c.ID, Err: e}))
	checkJSON(t, AppendHTTPError(nil, e))
}

func checkAccepted(t *testing.T, frame []byte, c core.Command) {
	t.Helper()
	checkJSON(t, frame)
	if c.Kind == 0 {
		t.Fatalf("accepted as nothing: %q", frame)
	}
	if c.ID != "" {
		checkJSON(t, V2.Append(nil, core.Reply{ID: c.ID, Topic: c.Topic, HasData: true, Data: c.Data}))
	}
	if c.Data != nil {
		again, err := core.CompactJSON(nil, c.Data)
		if err != nil || string(again) != string(c.Data) {
			t.Fatalf("data %q is not compact: %q, %v", c.Data, again, err)
		}
	}
	if c.Topic != "" && core.CheckTopic(c.Topic) != nil || c.Event != "" && core.CheckEventName(c.Event) != nil {
		t.Fatalf("a name was not checked: %s", describe(c))
	}
	ev := &core.Event{Key: core.TopicKey{Endpoint: "default", Topic: c.Topic}, Name: c.Event, Data: c.Data, From: c.Token}
	for _, p := range []Protocol{V1, V1Echo, V2} {
		checkJSON(t, p.Append(nil, ev))
	}
}

func checkJSON(t *testing.T, b []byte) {
	t.Helper()
	if !utf8.Valid(b) || !json.Valid(b) {
		t.Fatalf("not valid JSON: %q", b)
	}
}
