package config

import (
	"strings"
	"testing"
)

func TestShow(t *testing.T) {
	c := mustParse(t, `[Endpoints.default]
APISecret = "api-0123456789abcdef"
JWTSecret = "jwt-0123456789abcdef"
Plugins = ["chat"]
[Endpoints.default.Limits]
EventsPerSecond = 2.5
[[Endpoints.default.Topics]]
Match = "a\"b"
History = { Size = 7 }
[[Endpoints.default.Webhooks]]
URL = "https://me:word@example.com/x"
[Endpoints.default.PluginConfig.chat]
api_key = "hidden"
list = [1, "two", { password = "hidden", "odd name" = true }]
[Endpoints.default.PluginConfig.chat."sub.section"]
x = 1.5
`, []string{"DRIPLET_GLOBAL_PORT=1"}, Override{Flag: "-log-level", Key: "Global.LogLevel", Value: "debug"})
	var b strings.Builder
	if err := c.WriteTOML(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`BindAddress = "127.0.0.1"                # default`,
		`Port = 1                                 # DRIPLET_GLOBAL_PORT`,
		`LogLevel = "debug"                       # -log-level`,
		`[Endpoints.default] # config.toml:1`,
		`APISecret = "********"                   # config.toml:2, id ` + credentialID("api-0123456789abcdef"),
		`EventsPerSecond = 2.5                    # config.toml:6`,
		`FrameBytes = "64 KiB"                    # default`,
		`ConnectionsPerAddress = 200              # default, off for loopback`,
		`[[Endpoints.default.Topics]] # config.toml:7`,
		`Match = "a\"b"                           # config.toml:8`,
		`[Endpoints.default.Topics.History] # config.toml:9`,
		`Size = 7                                 # config.toml:9`,
		`Age = "24h"                              # default`,
		`Sync = "batch"                           # default`,
		`URL = "https://me:xxxxx@example.com/x"   # config.toml:11`,
		`api_key = "********"                     # config.toml:13`,
		`list = [1, "two", { "odd name" = true, password = "********" }] # config.toml:14`,
		`# Memory =                               # not set: without it there is no bound`,
		`# AdminToken =                           # not set: without it there is no admin API`,
		`# APISecretPrevious =                    # not set`,
		`# BytesPerSecond =                       # not set: EventsPerSecond times FrameBytes`,
		`# Publish =                              # not set: nobody, but whose token lists the topic in publish`,
		`[Endpoints.default.PluginConfig.chat."sub.section"] # config.toml:15`,
	} {
		if !strings.Contains(b.String(), line+"\n") {
			t.Errorf("missing: %s", line)
		}
	}
	if strings.Contains(b.String(), "Latest") {
		t.Error("a key that is not served yet is shown")
	}
	for _, secret := range []string{"0123456789abcdef", "word", "hidden"} {
		if strings.Contains(strings.ReplaceAll(b.String(), "password", ""), secret) {
			t.Errorf("%q is shown", secret)
		}
	}
	if t.Failed() {
		t.Log(b.String())
	}
}
