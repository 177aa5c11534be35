package plugin

import (
	"os"
	"strings"
	"testing"
	"time"
)

const fullManifest = `
name = "chat"
version = "1.2.0"
abi = 1
wasm = "chat.wasm"                  # default NAME.wasm
order = 3
events = ["chat.*"]                 # client events it answers
topics = ["chat.*"]                 # topics whose hooks it gets
hooks  = ["connect", "disconnect", "subscribe", "unsubscribe"]
timers = { sweep = "every 10m" }
on_failure = "pass"
[capabilities]
publish = ["chat.*"]
subscribe = ["chat.*"]
presence = ["chat.*"]
history = ["chat.*"]
kv = "8 MiB"
http = ["https://api.example.com/"]
[limits]
memory = "16 MiB"
stack = "4 MiB"
deadline = "50ms"
reply_timeout = "5s"
instances = 1
affinity = "topic"
[config]
max_text = 2000
keep = 50
`

const leastManifest = "name = \"chat\"\nversion = \"1\"\nabi = 1\n"

func TestManifest(t *testing.T) {
	m, err := ParseManifest("chat.toml", []byte(fullManifest))
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "chat" || m.Version != "1.2.0" || m.Wasm != "chat.wasm" || m.Order != 3 || !m.Pass || m.Events[0].String() != "chat.*" ||
		!m.Hooks[KindConnect] || !m.Hooks[KindUnsubscribe] || m.Hooks[KindPublish] || m.Timers["sweep"] != 10*time.Minute ||
		m.Grants.KV != 8<<20 || len(m.Grants.HTTP) != 1 || m.Limits.Memory != 16<<20 || m.Limits.Stack != 4<<20 || m.Limits.Deadline != 50*time.Millisecond ||
		m.Limits.ReplyTimeout != 5*time.Second || m.Limits.Instances != 1 || !m.Limits.ByTopic || len(m.Grants.History) != 1 || m.Config["max_text"] != int64(2000) {
		t.Errorf("got %+v", m)
	}
	if _, err := ParseManifest("chat.toml", []byte("\xff\xfen\x00")); err == nil || err.Error() != "chat.toml: is UTF-16: save it as UTF-8" {
		t.Errorf("UTF-16: %v", err)
	}
	for _, text := range []string{"\ufeff" + leastManifest, strings.ReplaceAll(leastManifest, "\n", "\r\n")} {
		if m, err := ParseManifest("chat.toml", []byte(text)); err != nil || m.Name != "chat" {
			t.Errorf("%.9q: %v", text, err)
		}
	}
	m, err = ParseManifest("chat.toml", []byte(leastManifest))
	if err != nil {
		t.Fatal(err)
	}
	if m.Wasm != "chat.wasm" || m.Pass || m.Limits.Deadline != DefaultDeadline || m.Limits.ReplyTimeout != DefaultReplyTimeout ||
		m.Limits.Memory != 0 || m.Limits.Stack != 1<<20 || m.Grants.has(needsKV) || m.Grants.has(needsHTTP) || m.Grants.has(needsHistory) || m.Grants.has(needsMembership) {
		t.Errorf("got %+v", m)
	}
}

func TestManifestFaults(t *testing.T) {
	for add, want := range map[string]string{
		"topcs = []\n": `chat.toml:4: unknown key "topcs": did you mean "topics"?`,
		"[capabilities]\nkv = \"1 MiB\"\npresense = []\n":   `chat.toml:6: unknown key "capabilities.presense": did you mean "presence"?`,
		"[limits]\nmemroy = \"\"\n":                         `unknown key "limits.memroy": did you mean "memory"?`,
		"events = \"chat.*\"\n":                             `chat.toml:4:10: events: a list of texts, like ["a", "b"] is wanted here, not a TOML string`,
		"order = \"first\"\n":                               "chat.toml:4:9: order: a whole number is wanted here, not a TOML string",
		"[limits]\ndeadline = 50\n":                         "chat.toml:5:12: limits.deadline: a text in quotes is wanted here, not a TOML integer",
		"timers = { a = 1 }\n":                              "timers: a text in quotes is wanted here, not a TOML integer",
		"timers = 1\n":                                      `timers: a table of texts, like { a = "b" } is wanted here, not a TOML integer`,
		"limits = 1\n":                                      "limits: a table is wanted here, not a TOML integer",
		"hooks = [1]\n":                                     "hooks: a text in quotes is wanted here",
		"events = [\n":                                      "chat.toml:",
		"events = [\"\"]\n":                                 "events: holds an empty pattern",
		"events = [\"chat.{uid}\"]\n":                       "routed by their names alone",
		"topics = [\"user.{\"]\nhooks = [\"subscribe\"]\n":  "topics: the pattern",
		"hooks = [\"publish\"]\n":                           "go together",
		"hooks = [\"message\"]\n":                           `hooks: "message" is none`,
		"hooks = [\"subscribe\"]\n":                         "go together",
		"topics = [\"a\"]\n":                                "go together",
		"timers = { a = \"10m\" }\n":                        `write "every 10m"`,
		"timers = { a = \"every 1ms\" }\n":                  "at least 1s",
		"on_failure = \"maybe\"\n":                          `write "refuse" or "pass"`,
		"wasm = \"../x.wasm\"\n":                            "own folder",
		"wasm = \"x.so\"\n":                                 "own folder",
		"colour = \"red\"\n":                                `unknown key "colour": known here: abi, capabilities, config, events, hooks`,
		"[capabilities]\nkv = \"8 M\"\n":                    `"8 M" is not a size`,
		"[capabilities]\nkv = \"0\"\n":                      "grants nothing",
		"[capabilities]\nkv = \"99999999 GiB\"\n":           "is not a size",
		"[capabilities]\nhttp = [\"api.example.com\"]\n":    "write a prefix of URLs",
		"[capabilities]\nhttp = [\"https://*.x.com/\"]\n":   "in which * and { stand for nothing",
		"[capabilities]\nhttp = [\"https://x.com/{a}/\"]\n": "in which * and { stand for nothing",
		"[capabilities]\nhttp = [\"https://x.com:0/\"]\n":   "write a prefix of URLs",
		"[capabilities]\nhttp = [\"https://x:65536/\"]\n":   "write a prefix of URLs",
		"wasm = \"chat\\u0000.wasm\"\n":                     "own folder",
		"[capabilities]\nhttp = [\"https://x.com\"]\n":      "write a prefix of URLs",
		"[capabilities]\nhttp = [\"https://u@x.com/\"]\n":   "write a prefix of URLs",
		"[capabilities]\nhttp = [\"ftp://x.com/\"]\n":       "write a prefix of URLs",
		"[limits]\nmemory = \"2 GiB\"\n":                    "from 64 KiB to 1 GiB",
		"[limits]\nstack = \"32 MiB\"\n":                    "from 64 KiB to 16 MiB",
		"[limits]\nstack = \"much\"\n":                      "limits.stack: ",
		"[limits]\ndeadline = \"1m\"\n":                     "limits.deadline",
		"[limits]\nreply_timeout = \"soon\"\n":              "limits.reply_timeout",
		"[limits]\ninstances = -1\n":                        "limits.instances",
		"[limits]\naffinity = \"user\"\n":                   "limits.affinity",
		"[config]\nx = " + strings.Repeat("1", MaxManifest): "the limit is",
	} {
		if _, err := ParseManifest("chat.toml", []byte(leastManifest+add)); err == nil || !strings.HasPrefix(err.Error(), "chat.toml:") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %q", add, err, want)
		}
	}
	for src, want := range map[string]string{
		"version = \"1\"\nabi = 1\n":                  "a plugin's name is",
		"name = \"Chat\"\nversion = \"1\"\nabi = 1\n": "a plugin's name is",
		"name = \"chat\"\nabi = 1\n":                  "version = ",
		"name = \"chat\"\nversion = \"1\"\n":          "it does not say for which ABI the plugin is: write abi = 1",
		"name = \"chat\"\nversion = \"1\"\nabi = 2\n": "this server speaks abi = 1",
	} {
		if _, err := ParseManifest("x.toml", []byte(src)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", src, err, want)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add(fullManifest)
	f.Add(leastManifest)
	f.Add("name = 1")
	f.Add("timers = { a = \"every 10m\" }\n[limits]\nmemory = \"1 GiB\"")
	if src, err := os.ReadFile("plugintest/conformance/conformance.toml"); err == nil {
		f.Add(string(src))
	}
	f.Fuzz(func(t *testing.T, src string) {
		m, err := ParseManifest("x.toml", []byte(src))
		if err != nil {
			return
		}
		if !validName(m.Name) || m.Limits.Deadline < MinDeadline || m.Limits.Deadline > MaxDeadline || m.Limits.Memory > MaxMemory ||
			m.Limits.Instances > MaxInstances || m.Grants.KV < 0 || strings.ContainsAny(m.Wasm, `/\`) {
			t.Errorf("accepted %+v", m)
		}
	})
}

func FuzzURLPrefix(f *testing.F) {
	f.Add("https://api.example.com/v1/", "https://api.example.com/v1/x")
	f.Add("http://127.0.0.1:80/", "http://127.0.0.1/")
	f.Fuzz(func(t *testing.T, prefix, text string) {
		p, err := parseURLPrefix(prefix)
		if err != nil {
			return
		}
		u, err := parseURL(text)
		if err != nil || !allowsURL([]urlPrefix{p}, u) {
			return
		}
		if u.Scheme != p.scheme || hostPort(u) != p.host || strings.Contains(u.Path, "/../") || u.User != nil {
			t.Errorf("%q allows %q", prefix, text)
		}
	})
}
