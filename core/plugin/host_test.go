package plugin_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/plugin/internal/asm"
)

func subscribeTo(topic string) *core.ClientEvent {
	return &core.ClientEvent{Kind: core.HookSubscribe, Endpoint: "a", Topic: topic, Session: "s", User: "7"}
}

func TestFiltersRunInOrder(t *testing.T) {
	hook := "topics = [\"room.*\"]\nhooks = [\"subscribe\"]\norder = "
	admit := newGuest().answer(`{"info":{"by":"first"}}`, false)
	r := mustLoad(t, map[string]plug{
		"zebra": {hook + "1\n", admit},
		"alpha": {hook + "2\n", newGuest().answer(`{"info":{"by":"last"}}`, false)},
		"beta":  {hook + "2\n", newGuest().answer(``, false)},
	})
	v, err := r.Decide(t.Context(), subscribeTo("room.1"))
	if err != nil || string(v.Data) != `{"by":"last"}` {
		t.Fatalf("got %s, %v", v.Data, err)
	}
	var names []string
	for _, tr := range r.tracesOf(plugin.KindSubscribe) {
		names = append(names, tr.Plugin)
	}
	if got := strings.Join(names, " "); got != "zebra alpha beta" {
		t.Errorf("asked %s", got)
	}
	if r.Wants("a", core.HookSubscribe, "other") || !r.Wants("a", core.HookSubscribe, "room.2") {
		t.Error("Wants goes by topics")
	}
}

func TestTheFirstRefusalEndsIt(t *testing.T) {
	hook := "topics = [\"*\"]\nhooks = [\"subscribe\"]\n"
	r := mustLoad(t, map[string]plug{
		"aa": {hook, newGuest().answer(`{"code":"aa.no","message":"no"}`, true)},
		"bb": {hook, newGuest().answer(`true`, false)},
	})
	_, err := r.Decide(t.Context(), subscribeTo("t"))
	wantCode(t, err, "aa.no")
	if n := len(r.tracesOf(plugin.KindSubscribe)); n != 1 {
		t.Errorf("%d plugins were asked", n)
	}
}

func TestRoutesPreferTheLongestPrefix(t *testing.T) {
	answer := func(s string) []byte { return newGuest().answer(strconv.Quote(s), false) }
	r := mustLoad(t, map[string]plug{
		"all":  {"events = [\"*\"]\n", answer("all")},
		"chat": {"events = [\"chat.*\", \"chat.admin.*\"]\n", answer("chat")},
		"send": {"events = [\"chat.send\"]\n", answer("send")},
	})
	for event, want := range map[string]string{"chat.send": "send", "chat.sends": "chat", "chat.admin.x": "chat", "chat.x": "chat", "x": "all"} {
		v, err := r.Decide(t.Context(), message(event, `1`))
		if err != nil || string(v.Data) != strconv.Quote(want) {
			t.Errorf("%s: got %s, %v, want %s", event, v.Data, err, want)
		}
	}
	_, err := load(t, map[string]plug{"one": {"events = [\"chat.*\"]\n", answer("")}, "two": {"events = [\"chat.*.x\"]\n", answer("")}})
	if err == nil || !strings.Contains(err.Error(), "one 1.2.0") || !strings.Contains(err.Error(), "two 1.2.0") || !strings.Contains(err.Error(), "equally specific on endpoint a") {
		t.Errorf("a tie: %v", err)
	}
}

func TestAnswersMeanWhatTheGoldenFileSays(t *testing.T) {
	src, err := os.ReadFile("plugintest/testdata/golden/answers.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Kind    plugin.Kind
		Answer  string
		Refused bool
		Means   string
	}
	if err := json.Unmarshal(src, &list); err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		t.Run(c.Kind.String()+" "+c.Answer, func(t *testing.T) {
			manifest := "events = [\"chat.*\"]\ntopics = [\"*\"]\nhooks = [\"connect\", \"subscribe\", \"publish\", \"http\"]\n"
			r := mustLoad(t, map[string]plug{"chat": {manifest, newGuest().answer(bytesOf(t, c.Answer), c.Refused)}})
			ev := message("chat.x", `1`)
			ev.Kind, ev.Topic = core.HookKind(c.Kind), "t"
			if c.Kind == plugin.KindHTTP {
				ev.Event, ev.HTTP = "chat", &core.HTTPRequest{Method: "POST"}
			}
			v, err := r.Decide(t.Context(), ev)
			got, answers := string(v.Data), c.Kind == plugin.KindMessage || c.Kind == plugin.KindHTTP
			switch code := core.Code(""); {
			case err != nil:
				code = core.AsError(err).Code
				if got = "refused: " + string(code); code == core.CodePluginFailed && strings.HasPrefix(c.Means, "failure") {
					got = "failure"
				}
			case c.Kind == plugin.KindPublish:
				got = string(r.lastTrace().Answer)
			case !answers && v.Data == nil:
				got = "admitted"
			case !answers:
				got = "admitted with " + got
			case v.Data == nil:
				got = "null"
			}
			if got != c.Means {
				t.Errorf("got %q, want %q", got, c.Means)
			}
		})
	}
}

// bytesOf reads what golden files write as hex after 0x.
func bytesOf(t *testing.T, text string) string {
	digits, isHex := strings.CutPrefix(text, "0x")
	if !isHex {
		return text
	}
	raw, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestGoldenEnvelopesAreReadByTheHost(t *testing.T) {
	src, err := os.ReadFile("plugintest/testdata/golden/envelopes.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Name, Hex string
		Fields    []string
	}
	if err := json.Unmarshal(src, &list); err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		raw, err := hex.DecodeString(c.Hex)
		if err != nil {
			t.Fatal(err)
		}
		fields, ok := plugin.ReadEnvelope(raw)
		if !ok || len(fields) != len(c.Fields) || !bytes.Equal(plugin.AppendEnvelope(nil, fields...), raw) {
			t.Errorf("%s: read %q", c.Name, fields)
		}
	}
}

func TestInstancesAreOfOneEndpointAndTakeTurns(t *testing.T) {
	// Answers how many events this instance has handled, as a digit.
	m := newGuest()
	count := m.Global(0)
	wasm := m.finish(
		asm.GlobalGet(count), asm.I32Const(1), asm.I32Add, asm.GlobalSet(count),
		asm.I32Const(guestOut), asm.GlobalGet(count), asm.I32Const('0'), asm.I32Add, asm.Store32(0),
		asm.I64Const(guestOut<<32|1),
	)
	ask := func(r *rig, endpoint string) string {
		ev := message("p.x", `1`)
		ev.Endpoint = endpoint
		v, err := r.Decide(t.Context(), ev)
		if err != nil {
			t.Fatal(err)
		}
		return string(v.Data)
	}
	r := mustLoad(t, map[string]plug{"p": {"events = [\"p.*\"]\n[limits]\ninstances = 1\n", wasm}})
	if got := ask(r, "a") + ask(r, "a") + ask(r, "b") + ask(r, "a"); got != "1213" {
		t.Errorf("got %s: an instance served two endpoints, or there were several", got)
	}
	turns := mustLoad(t, map[string]plug{"p": {"events = [\"p.*\"]\n", wasm}}, func(o *plugin.Options) { o.TakeTurns = true })
	if got := ask(turns, "a") + ask(turns, "a") + ask(turns, "a") + ask(turns, "a"); got != "1122" {
		t.Errorf("got %s: two instances did not take turns", got)
	}
}

func TestConcurrentEvents(t *testing.T) {
	r := mustLoad(t, map[string]plug{"p": {"events = [\"p.*\"]\n[limits]\ndeadline = \"10s\"\n", echo()}}, func(o *plugin.Options) { o.Trace = nil })
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for i := range 100 {
				data := strconv.Itoa(i)
				if v, err := r.Decide(t.Context(), message("p.x", data)); err != nil || string(v.Data) != data {
					t.Errorf("got %s, %v", v.Data, err)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestConfigurationOfAnEndpoint(t *testing.T) {
	for _, c := range []struct {
		override map[string]any
		want     string
	}{
		{map[string]any{"MAX_TEXT": int64(500)}, ""},
		{map[string]any{"max_txt": int64(500)}, `Endpoints.a.PluginConfig.chat.max_txt: chat.toml has no such key under [config]: did you mean "max_text"?`},
	} {
		h := plugin.NewHost(plugin.Options{Sources: sources("chat", "events = [\"chat.*\"]\n[config]\nmax_text = 2000\nkeep = 50\n", echo()), Store: &new(rig).store})
		got := h.Load(t.Context(), []*core.Endpoint{{Name: "a", Plugins: []string{"Chat"}, PluginConfig: map[string]map[string]any{"chat": c.override}}})
		if c.want == "" && got != nil || c.want != "" && (got == nil || !strings.Contains(got.Error(), c.want)) {
			t.Errorf("got %v, want %q", got, c.want)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestUnknownPluginsAreNamed(t *testing.T) {
	h := plugin.NewHost(plugin.Options{Sources: sources("chat", "events = [\"chat.*\"]\n", echo()), Store: &new(rig).store})
	err := h.Load(t.Context(), []*core.Endpoint{{Name: "shop", Plugins: []string{"chatt", "../chat"}}})
	for _, want := range []string{`endpoint shop lists the plugin "chatt", which is none of chat`, `did you mean "chat"?`, `"../chat"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}
