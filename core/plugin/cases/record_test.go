package cases

import (
	"context"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
)

const secret = "c2Vzc2lvbi1zZWNyZXQtMQ"

func traceWithSecrets() *plugin.Trace {
	other := core.SessionID("b3RoZXItc2Vzc2lvbi0yMj")
	return &plugin.Trace{
		Seq: 5, Plugin: "chat", Version: "1", Endpoint: "default", Took: 1500 * time.Microsecond, Fuel: 12,
		Input: plugin.Input{
			Kind: plugin.KindMessage, Event: "chat.x", Session: secret, User: "7", Account: "7", Request: "3", Time: time.UnixMilli(1_700_000_000_000),
			Claims: []byte(`{"uid":7}`), Data: []byte(`{"to":"` + secret + `"}`),
		},
		Answer: []byte(`"` + secret + `"`), Logs: []string{"hello " + secret},
		Effects: []plugin.Effect{
			{Op: plugin.OpSet, Key: "k/" + secret, Data: []byte(secret)},
			{Op: plugin.OpSubscribe, Session: other, Topic: "t"},
			{Op: plugin.OpDisconnect, Who: core.Audience{Sessions: []core.SessionID{secret}, Users: []string{"8"}}},
			{Op: plugin.OpPublish, Topic: "t", Data: []byte(`{"x":"` + string(other) + `"}`), Except: secret},
		},
		Reads: []plugin.Read{
			{Op: "subscribed", Key: "t", Session: secret, Found: true}, {Op: "kv_get", Key: "k", Found: true, Value: []byte("\xff" + secret)},
			{Op: "kv_cas", Key: "c", Found: true}, {Op: "kv_get", Key: "empty", Found: true, Value: []byte{}},
		},
	}
}

// No session leaves the server whole, wherever it stands; yet it can be told
// from another.
func TestRecordsMaskSessions(t *testing.T) {
	m := NewMask()
	trace := traceWithSecrets()
	text := string(encode(NewRecord(trace, m)))
	if strings.Contains(text, secret) || strings.Contains(text, "b3RoZXItc2Vzc2lvbi0yMj") {
		t.Errorf("a session is shown: %s", text)
	}
	if n := strings.Count(text, m.Session(secret)); n != 9 {
		t.Errorf("the session has its name %d times in %s", n, text)
	}
	if m.Session(secret) == m.Session(secret+"x") || m.Session("") != "" || m.Session(secret) == NewMask().Session(secret) {
		t.Error("names of sessions")
	}
	if again := string(encode(NewRecord(trace, nil))); strings.Count(again, secret) != 9 {
		t.Errorf("the trace was changed: %s", again)
	}
}

// Nor do the keys that a plugin sends elsewhere, and cookies that come back.
func TestRecordsMaskHeaders(t *testing.T) {
	trace := &plugin.Trace{
		Input:   plugin.Input{Kind: plugin.KindHTTP, Headers: []byte(`{"set-cookie":"a=hidden","content-type":"text/plain"}`)},
		Effects: []plugin.Effect{{Op: plugin.OpFetch, Request: &plugin.FetchRequest{URL: "https://example.com/", Headers: map[string]string{"Authorization": "Bearer hidden", "X-Api-Key": "hidden", "Accept": "*/*"}}}},
	}
	text := string(encode(NewRecord(trace, NewMask())))
	if strings.Contains(text, "hidden") || !strings.Contains(text, `"Accept":"*/*"`) || !strings.Contains(text, `"content-type":"text/plain"`) {
		t.Error(text)
	}
	if d := NewRecord(trace, nil).differs(NewRecord(trace, NewMask())); len(d) > 0 {
		t.Error(d)
	}
}

func TestRecordsAreReadAgain(t *testing.T) {
	trace := traceWithSecrets()
	var r Record
	if err := json.Unmarshal(encode(NewRecord(trace, nil)), &r); err != nil {
		t.Fatal(err)
	}
	in, err := r.Input()
	if err != nil {
		t.Fatal(err)
	}
	trace.Input.Endpoint = "default"
	if got, want := string(in.AppendEnvelope(nil)), string(trace.Input.AppendEnvelope(nil)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if v := r.Reads[1].Value; v == nil || string(*v) != "\xff"+secret || r.Reads[2].Value != nil || r.Reads[3].Value == nil {
		t.Errorf("reads %+v", r.Reads)
	}
	web := plugin.Input{Kind: plugin.KindHTTP, Status: 200, Headers: []byte(`{}`), Data: []byte("\x00\xff"), State: []byte("\xfe"), Time: time.UnixMilli(1)}
	if err := json.Unmarshal(encode(NewRecord(&plugin.Trace{Input: web}, nil)), &r); err != nil {
		t.Fatal(err)
	}
	if in, err = r.Input(); err != nil || string(in.Data) != "\x00\xff" || string(in.State) != "\xfe" || in.Status != 200 {
		t.Errorf("%+v, %v", in, err)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(encode(NewRecord(traceWithSecrets(), nil))))
	f.Add([]byte(`{"event":{"kind":"timer"},"reads":[{"op":"history","key":"t","found":true,"value":"{\"epoch\":\"e\",\"offset\":7,\"events\":[{\"offset\":7,\"data\":1}]}"}]}`))
	f.Add([]byte(`{"event":{"kind":"timer"},"reads":[{"op":"kv_scan_after","key":"q/","after":"q/1","found":true,"value":{"base64":"AQACAAEAAABr/wAAAP8="}}]}`))
	f.Add([]byte(`{"event":{"kind":"http","body":{"base64":"/w=="}},"reads":[{"op":"kv_scan","value":{"base64":"AQD//w=="}}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		var r Record
		if json.Unmarshal(src, &r) != nil {
			return
		}
		in, err := r.Input()
		if err != nil {
			return
		}
		b := newBench(os.DirFS("."), "none", Options{})
		b.setUp(&r, in)
		if differences := r.differs(&r); len(differences) > 0 {
			t.Errorf("a record differs from itself: %v", differences)
		}
	})
}

// What was recorded comes again, each event on its own, in a store that was
// empty before.
func TestReplay(t *testing.T) {
	var all []*Record
	for _, name := range []string{"send", "rooms", "leave", "kick", "delete", "typing", "subscribe", "sweep"} {
		all = append(all, recorded(t, "../../../plugins/chat/cases/"+name+".json")...)
	}
	cut, other, changed := *all[0], *all[0], *all[0]
	cut.Cut, other.Plugin, changed.Answer = true, "other", json.RawMessage(`{"id":1}`)
	failed := *all[0]
	failed.Failure = "wasm error: unreachable\nwasm stack trace:\n\tx"
	all = append(all, &cut, &other, &changed, &failed)
	n := 0
	var out []*Replayed
	err := Replay(context.Background(), os.DirFS("../../../plugins/chat"), "chat", Options{LeastDeadline: plugin.MaxDeadline, Config: map[string]any{"keep": 2}, Cache: compiled}, func() (*Record, error) {
		if n == len(all) {
			return nil, nil
		}
		n++
		return all[n-1], nil
	}, func(r *Replayed) { out = append(out, r) })
	if err != nil || len(out) != len(all) {
		t.Fatalf("%d of %d, %v", len(out), len(all), err)
	}
	for i, r := range out[:len(out)-4] {
		if r.Now == nil || len(r.Differences) > 0 {
			t.Errorf("%d, %s %s: %s %v", i, r.Was.Event.Event, r.Was.Event.Topic, r.Why, r.Differences)
		}
	}
	end := out[len(out)-4:]
	if end[0].Why != "it was too large to be kept whole" || end[1].Why != "it is of the plugin other" {
		t.Errorf("%q, %q", end[0].Why, end[1].Why)
	}
	if d := end[2].Differences; len(d) != 1 || d[0].Path != "answer.id" || d[0].Want != "1" {
		t.Errorf("%v", d)
	}
	if d := end[3].Differences; len(d) != 1 || d[0].Path != "failure" || d[0].Want != "wasm error: unreachable" || d[0].Got != "nothing" {
		t.Errorf("%v", d)
	}
}

// Events that answer what an earlier one has deferred come again as well.
func TestReplayOfAnswers(t *testing.T) {
	moodle := os.DirFS("../../../plugins/moodle")
	src, err := os.ReadFile("../../../plugins/moodle/cases/answers.json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	patient := Options{LeastDeadline: plugin.MaxDeadline, Config: c.Config, Cache: compiled}
	var all []*Record
	answers := 0
	playing := patient
	playing.Config = nil
	playing.Played = func(p *Played) {
		all = append(all, NewRecord(p.Trace, nil))
		answers += len(all[len(all)-1].answered())
	}
	if err := Play(t.Context(), moodle, "moodle", c, playing); err != nil {
		t.Fatal(err)
	}
	if answers < 5 {
		t.Fatalf("%d answers were recorded", answers)
	}
	n := 0
	err = Replay(t.Context(), moodle, "moodle", patient, func() (*Record, error) {
		if n == len(all) {
			return nil, nil
		}
		n++
		return all[n-1], nil
	}, func(r *Replayed) {
		if r.Now == nil || len(r.Differences) > 0 {
			t.Errorf("event %d: %s %v", n, r.Why, r.Differences)
		}
	})
	if err != nil || n != len(all) {
		t.Errorf("%d of %d, %v", n, len(all), err)
	}
}

// An event is replayed on the endpoint that it was recorded on: plugins are told.
func TestReplayOnItsEndpoint(t *testing.T) {
	var all []*Record
	first := recorded(t, "../../../plugins/chat/cases/rooms.json")[0]
	for i := range maxEndpoints + 1 {
		r := *first
		r.Endpoint = "shop" + strconv.Itoa(i)
		all = append(all, &r, &r)
	}
	n := 0
	err := Replay(t.Context(), os.DirFS("../../../plugins/chat"), "chat", Options{LeastDeadline: plugin.MaxDeadline, Config: map[string]any{"keep": 2}, Cache: compiled}, func() (*Record, error) {
		if n == len(all) {
			return nil, nil
		}
		n++
		return all[n-1], nil
	}, func(r *Replayed) {
		switch {
		case r.Was.Endpoint == "shop"+strconv.Itoa(maxEndpoints):
			if r.Now != nil || r.Why != "the recording is of more than 16 endpoints" {
				t.Errorf("%s: %q", r.Was.Endpoint, r.Why)
			}
		case r.Now == nil || r.Now.Endpoint != r.Was.Endpoint || len(r.Differences) > 0:
			t.Errorf("%s: %+v, %v", r.Was.Endpoint, r.Now, r.Differences)
		}
	})
	if err != nil {
		t.Error(err)
	}
}
