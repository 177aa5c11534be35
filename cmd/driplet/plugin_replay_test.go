package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/driplet/driplet/core/plugin/cases"
)

// recording plays a case of the bundled chat and writes it down as 'driplet
// plugin trace -record' does.
func recording(t *testing.T, name string) (text string) {
	t.Helper()
	src, err := os.ReadFile("../../plugins/chat/cases/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := cases.Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	mask := cases.NewMask()
	err = cases.Play(t.Context(), os.DirFS("../../plugins/chat"), "chat", c, cases.Options{LeastDeadline: caseDeadline, Played: func(p *cases.Played) {
		text += jsonOf(cases.NewRecord(p.Trace, mask)) + "\n"
	}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPluginReplay(t *testing.T) {
	dir := copyPlugin(t, "chat")
	file := filepath.Join(t.TempDir(), "chat.jsonl")
	text := recording(t, "send")
	writeFile(t, file, text+"\n")

	// The case has a configuration of its own.
	r := inProcess(t, "plugin", "replay", file, dir)
	if r.code != 1 || !strings.Contains(r.out, "DIFF  event 0 (message chat.send): time ") || !strings.Contains(r.out, "effects[1]\n          then  {\"key\":\"msg/chat.lobby/000000000040\",\"op\":\"kv_delete\"}\n          now   nothing\n") {
		t.Errorf("%+v", r)
	}
	settings := write(t, minimal+"[Endpoints.default.PluginConfig.Chat]\nkeep = 2\n")
	r = inProcess(t, "plugin", "replay", "-config", filepath.Join(settings, "config.toml"), file, dir)
	if r.code != 0 || !strings.Contains(r.out, "chat 1.0.0: 2 events, 2 the same, 0 different, 0 skipped; time ") || strings.Contains(r.out, "same  ") {
		t.Errorf("%+v", r)
	}
	r = inProcess(t, "plugin", "replay", "-v", "-config", filepath.Join(settings, "config.toml"), file, filepath.Join(dir, "chat.toml"))
	if r.code != 0 || strings.Count(r.out, "same  event 0 (message chat.send): time ") != 2 || !strings.Contains(r.out, "publish  chat.lobby  chat.message  {") {
		t.Errorf("%+v", r)
	}

	// A bug that was recorded is mended now.
	broken := strings.Replace(text, `"answer":{"id":42}`, `"failure":"wasm error: unreachable\nwasm stack trace: x"`, 1)
	writeFile(t, file, broken+`{"plugin":"other","event":{"kind":"message","event":"a\u001b[2J"}}`+"\n")
	r = inProcess(t, "plugin", "replay", "-config", filepath.Join(settings, "config.toml"), file, dir)
	for _, want := range []string{"failure\n          then  wasm error: unreachable\n          now   nothing\n", `skip  event 0 (message a\x1b[2J): it is of the plugin other`, "3 events, 1 the same, 1 different, 1 skipped"} {
		if r.code != 1 || !strings.Contains(r.out, want) {
			t.Errorf("missing %q in %+v", want, r)
		}
	}
	for _, c := range []struct {
		args []string
		text string
		code int
		want string
	}{
		{[]string{file, dir}, "{", 1, file + ":1 is no recorded event: unexpected end of JSON input ('driplet plugin trace -record' writes them)"},
		{[]string{file, dir}, "\n" + strings.Repeat("x", longestRecord+1), 1, ":2 has more than 8388608 bytes"},
		{[]string{file + "x", dir}, "", 2, "the recorded events cannot be read: "},
		{[]string{file + "x"}, "", 2, "the recorded events cannot be read: "}, // before it looks for a plugin
		{nil, "", 2, "not 0 arguments"},
		{[]string{file, t.TempDir()}, "", 2, "holds no manifest"},
		{[]string{"-config", filepath.Join(settings, "config.toml"), "-endpoint", "none", file, dir}, "", 2, "has no endpoint 'none'"},
	} {
		writeFile(t, file, c.text)
		if r := inProcess(t, append([]string{"plugin", "replay"}, c.args...)...); r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%q: %+v", c.args, r)
		}
	}
}
