package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/driplet/driplet/core"
)

// secrets is a good end for a test's endpoint.
const secrets = "APISecret = \"api-0123456789abcdef\"\nJWTSecret = \"jwt-0123456789abcdef\"\n"

const minimal = "[Endpoints.default]\n" + secrets

func mustParse(t *testing.T, text string, env []string, overrides ...Override) *Config {
	t.Helper()
	c, err := Parse("config.toml", []byte(text), env, overrides...)
	if err != nil {
		t.Fatalf("unexpected errors:\n%v", err)
	}
	return c
}

func TestFullExample(t *testing.T) {
	data, err := os.ReadFile("testdata/full.toml")
	if err != nil {
		t.Fatal(err)
	}
	c := mustParse(t, string(data), nil)
	if got, want := c.Global, (Global{
		BindAddress: "127.0.0.1", Port: 4719, Listen: []string{":6001"}, PublicURL: "https://shop.example/live",
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.1.0.0/16")},
		DataDir:        "/srv/driplet", PluginDir: "/etc/driplet/plugins", AdminAddress: "127.0.0.1:4720",
		Connections: 100_000, QueueBytes: 256 << 20, HistoryBytes: 256 << 20, ShutdownSpread: 2 * time.Second,
	}); !reflect.DeepEqual(got, want) {
		t.Errorf("Global is %+v, want %+v", got, want)
	}
	if got := c.Global.Addresses(); !reflect.DeepEqual(got, []string{"127.0.0.1:4719", ":6001"}) {
		t.Errorf("addresses %q", got)
	}
	e := c.Endpoint("default")
	limits := core.DefaultLimits
	limits.ConnectionsPerAddress = 200 // written, it binds loopback too
	if e == nil || e.Title != "The shop" || e.UserClaim != "uid" || e.Limits != limits {
		t.Fatalf("endpoint %+v", e)
	}
	if len(e.APIKeys) != 1 || e.APIKeys[0].Secret != "api-secret-0123456789abcdef" || e.APIKeys[0].ID == "" {
		t.Errorf("API keys %+v", e.APIKeys)
	}
	if r := e.Rule("user.7"); r.Subscribe != core.AccessClaims || r.Publish != core.AccessDefault || r.History != (core.History{Size: 100, Age: 24 * time.Hour, Sync: core.SyncAlways}) {
		t.Errorf("rule of user.7: %+v", r)
	}
	if r := e.Rule("chat.x"); r.Subscribe != core.AccessPlugin || r.Publish != core.AccessPlugin || r.History != (core.History{}) {
		t.Errorf("rule of chat.x: %+v", r)
	}
	if r := e.Rule("prices.x"); r.Overflow != core.OverflowLatest || r.Subscribe != core.AccessPublic {
		t.Errorf("rule of prices.x: %+v", r)
	}
	if got := e.PluginConfig["chat"]["max_text"]; got != int64(500) {
		t.Errorf("plugin configuration %#v", e.PluginConfig)
	}
	want := []string{
		"full.toml:6: Global.PublicURL", "full.toml:40: Endpoints.default.Topics.Presence",
		"full.toml:46: Endpoints.default.Topics.Latest", "full.toml:47: Endpoints.default.Topics.Rate",
		"full.toml:50: Endpoints.default.Pusher", "full.toml:58: Endpoints.default.Webhooks",
	}
	if len(e.Callbacks) != 1 || e.Callbacks[0].Match.String() != "mod_*" || e.Callbacks[0].URL != "https://shop.example/driplet/event" || e.Callbacks[0].Timeout != 5*time.Second {
		t.Errorf("callbacks %+v", e.Callbacks)
	}
	for i, w := range want {
		want[i] = strings.Replace(w, "full.toml", "config.toml", 1) + " is accepted, but this version does not serve it yet"
	}
	if !reflect.DeepEqual(c.Warnings, want) {
		t.Errorf("warnings:\n%s\nwant:\n%s", strings.Join(c.Warnings, "\n"), strings.Join(want, "\n"))
	}
}

func TestDefaults(t *testing.T) {
	c := mustParse(t, minimal, nil)
	if g := c.Global; g.BindAddress != "127.0.0.1" || g.Port != 4719 || g.Debug || g.Metrics != MetricsLoopback || g.DataDir != "" {
		t.Errorf("Global %+v", g)
	}
	e := c.Endpoints[0]
	if e.UserClaim != "uid" || e.EnforceExpiry || e.Version1 != core.Version1Allow || e.EchoTarget || e.Limits != core.DefaultLimits || e.Title != "default" {
		t.Errorf("endpoint %+v", e)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warnings %q", c.Warnings)
	}
}

// TestHistory: a rule keeps nothing unless it has the section, which may be
// empty; what only a disk can keep is asked for in vain without one.
func TestHistory(t *testing.T) {
	rules := minimal + `[[Endpoints.default.Topics]]
Match = "none"
[[Endpoints.default.Topics]]
Match = "some"
History = {}
[[Endpoints.default.Topics]]
Match = "all"
[Endpoints.default.Topics.History]
Size = 5
Age = "7d"
Sync = "always"
`
	c := mustParse(t, rules, nil)
	for topic, want := range map[string]core.History{
		"none": {}, "other": {},
		"some": {Size: 100, Age: 24 * time.Hour},
		"all":  {Size: 5, Age: 7 * 24 * time.Hour, Sync: core.SyncAlways},
	} {
		if got := c.Endpoint("default").Rule(topic).History; got != want {
			t.Errorf("history of %s is %+v, want %+v", topic, got, want)
		}
	}
	const warning = "config.toml:14: Endpoints.default.Topics.History.Sync is \"always\", but without Global.DataDir history is in memory and ends with the process: set it to a folder"
	if got := strings.Join(c.Warnings, "\n"); got != warning {
		t.Errorf("warned %q, want %q", got, warning)
	}
	if c = mustParse(t, "[Global]\nDataDir = \"d\"\nHistoryBytes = \"1 GiB\"\n"+rules, nil); len(c.Warnings) > 0 || c.Global.HistoryBytes != 1<<30 {
		t.Errorf("with a folder: %q, %d bytes", c.Warnings, c.Global.HistoryBytes)
	}
}

func TestAdminListener(t *testing.T) {
	const token = "0123456789abcdef0123456789abcdef"
	for _, c := range []struct {
		global  string
		warning string
		secure  bool
	}{
		{"AdminToken = \"" + token + "\"\n", "", false},
		{"AdminAddress = \"0.0.0.0:4720\"\n", "", false},
		{"AdminToken = \"" + token + "\"\nAdminAddress = \"[::1]:0\"\nTLSCertificate = \"c\"\nTLSKey = \"k\"\n", "", false},
		{"AdminToken = \"" + token + "\"\nAdminAddress = \":4720\"\n", "config.toml:3: Global.AdminAddress is :4720: others reach it, and the token travels unencrypted; use 127.0.0.1:4720, or set Global.TLSCertificate and TLSKey", false},
		{"AdminToken = \"" + token + "\"\nAdminAddress = \":4720\"\nTLSCertificate = \"c\"\nTLSKey = \"k\"\n", "", true},
	} {
		got := mustParse(t, "[Global]\n"+c.global+minimal, nil)
		if warnings := strings.Join(got.Warnings, "\n"); warnings != c.warning || got.Global.AdminSecure() != c.secure {
			t.Errorf("%s: warnings %q, secure %v", c.global, warnings, got.Global.AdminSecure())
		}
		var shown strings.Builder
		if err := got.WriteTOML(&shown); err != nil || strings.Contains(shown.String(), token) {
			t.Errorf("%v, shown:\n%s", err, shown.String())
		}
	}
}

func TestOldServersFile(t *testing.T) {
	c := mustParse(t, `
[global]
bindaddress = "localhost"
port = 4719
logfile = ""
loglevel = "DEBUG"

[endpoints.Default]
name = "Default"
apisecret = "api-0123456789abcdef"
jwtsecret = "jwt-0123456789abcdef"
`, nil)
	if e := c.Endpoint("default"); e == nil || e.Title != "Default" || !c.Global.Debug {
		t.Errorf("endpoint %+v, Global %+v", e, c.Global)
	}
}

func TestEnvironmentAndFlagsBeatTheFile(t *testing.T) {
	file := "[Global]\nPort = 1\n[Endpoints.default]\n" + secrets + "[Endpoints.default_eu]\n" + secrets + "[Endpoints.a-b]\n" + secrets
	env := []string{
		"HOME=/nowhere", "DRIPLET_URL=http://x", "DRIPLET_API_SECRET=x", "DRIPLET_JWT_SECRET=x",
		"DRIPLET_SERVICE_HOST=10.0.0.1", "DRIPLET_PORT=tcp://10.0.0.1:80", "DRIPLET_PORT_80_TCP_ADDR=10.0.0.1",
		"DRIPLET_GLOBAL_PORT=2", "DRIPLET_GLOBAL_LISTEN=127.0.0.1:6001, 127.0.0.1:6002",
		"DRIPLET_GLOBAL_METRICS=off",
		"DRIPLET_ENDPOINTS_DEFAULT_APISECRET=from-the-environment",
		"DRIPLET_ENDPOINTS_DEFAULT_LIMITS_CONNECTIONS=17",
		"DRIPLET_ENDPOINTS_DEFAULT_LIMITS_EVENTSPERSECOND=0.5",
		"DRIPLET_ENDPOINTS_DEFAULT_LIMITS_FRAMEBYTES=1 KiB",
		"DRIPLET_ENDPOINTS_DEFAULT_PLUGINS=chat",
		"DRIPLET_ENDPOINTS_DEFAULT_ECHOTARGET=1",
		"DRIPLET_ENDPOINTS_DEFAULT_PLUGINCONFIG_CHAT_MAX_TEXT=9",
		"DRIPLET_ENDPOINTS_DEFAULT_EU_USERCLAIM=id",
		"DRIPLET_ENDPOINTS_A_B_TITLE=Both",
	}
	c := mustParse(t, file, env, Override{Flag: "-port", Key: "Global.Port", Value: "3"},
		Override{Flag: "-set", Key: "endpoints.default.version1", Value: "off"})
	if c.Global.Port != 3 || c.Global.Metrics != MetricsOff || !reflect.DeepEqual(c.Global.Listen, []string{"127.0.0.1:6001", "127.0.0.1:6002"}) {
		t.Errorf("Global %+v", c.Global)
	}
	e := c.Endpoint("default")
	if e.APIKeys[0].Secret != "from-the-environment" || e.Limits.Connections != 17 || e.Limits.EventsPerSecond != 0.5 ||
		e.Limits.FrameBytes != 1024 || !reflect.DeepEqual(e.Plugins, []string{"chat"}) || !e.EchoTarget || e.Version1 != core.Version1Off {
		t.Errorf("endpoint %+v", e)
	}
	if got := e.PluginConfig["chat"]["max_text"]; got != int64(9) {
		t.Errorf("plugin configuration %#v", e.PluginConfig)
	}
	if c.Endpoint("default_eu").UserClaim != "id" || c.Endpoint("a-b").Title != "Both" || len(c.Endpoints) != 3 {
		t.Errorf("endpoints %+v", c.Endpoints)
	}
}

func TestEnvironmentAlone(t *testing.T) {
	c := mustParse(t, "", []string{
		"DRIPLET_ENDPOINTS_MY_SHOP_APISECRET=api-0123456789abcdef", "DRIPLET_ENDPOINTS_MY_SHOP_JWTSECRET=jwt-0123456789abcdef",
	})
	if len(c.Endpoints) != 1 || c.Endpoints[0].Name != "my_shop" {
		t.Fatalf("endpoints %+v", c.Endpoints)
	}
	want := []string{"DRIPLET_ENDPOINTS_MY_SHOP_APISECRET: this makes a new endpoint 'my_shop', which the file does not have"}
	if !reflect.DeepEqual(c.Warnings, want) {
		t.Errorf("warnings %q", c.Warnings)
	}
}

func TestKeySets(t *testing.T) {
	before := mustParse(t, minimal, nil).Endpoints[0]
	after := mustParse(t, "[Endpoints.default]\n"+
		"APISecret = \"new-0123456789abcdef\"\nAPISecretPrevious = \"api-0123456789abcdef\"\nJWTSecret = \"jwt-0123456789abcdef\"\n", nil).Endpoints[0]
	if len(after.APIKeys) != 2 || after.APIKeys[0].Secret != "new-0123456789abcdef" || after.APIKeys[1] != before.APIKeys[0] {
		t.Errorf("keys %+v, before %+v", after.APIKeys, before.APIKeys)
	}
	if before.Generation == after.Generation {
		t.Error("another set of keys has the same generation")
	}
	if again := mustParse(t, minimal+"UserClaim = \"id\"\n", nil).Endpoints[0]; again.Generation != before.Generation {
		t.Error("the same keys have another generation")
	}
	if none := mustParse(t, "[Endpoints.default]\nAPISecret = \"\"\n", nil).Endpoints[0]; len(none.APIKeys)+len(none.JWTKeys) != 0 {
		t.Errorf("an empty secret became a key: %+v", none)
	}
}

// TestByteOrderMark: editors of Windows begin a file with one.
func TestByteOrderMark(t *testing.T) {
	c, err := Parse("config.toml", []byte("\ufeff"+minimal), nil)
	if err != nil || c.Endpoint("default") == nil {
		t.Error(err)
	}
	if _, err := Parse("config.toml", []byte("\ufeff[Global]\nPrt = 1\n"), nil); err == nil || !strings.HasPrefix(err.Error(), "config.toml:2: unknown key Global.Prt") {
		t.Error(err)
	}
}

func TestLoadMissingFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.toml"), nil)
	if err == nil || !strings.Contains(err.Error(), "does not exist: 'driplet serve -config") {
		t.Errorf("error %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	full, err := os.ReadFile("testdata/full.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(full), minimal, "", "Global = 3", "[[Endpoints]]", "[Endpoints]\ndefault = 1",
		"[endpoints.a]\n[Endpoints.A]", "Endpoints.default.Limits = []", "[Endpoints.default]\nTopics = [1]", "a.b.c = {d = [{e = 1979-05-27}]}",
		"[Endpoints.default.Topics]\nx=1", "[global]\nport=0x10\n[Global]\nPort=1", "\xef\xbb\xbf[Global]", "[Endpoints.default.PluginConfig]\nx = nan",
	} {
		f.Add([]byte(seed))
	}
	for _, seed := range []string{"[Endpoints.a]\nAPISecret='x' # c\nJWTSecret=\"\"\"\n\"\"\"", "Endpoints={a={APISecret='x',JWTSecret='y'}}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("config.toml", data, []string{"DRIPLET_GLOBAL_PORT=1", "DRIPLET_ENDPOINTS_A_LIMITS_CONNECTIONS=1"})
		if (c == nil) == (err == nil) {
			t.Fatalf("both or neither: %v, %v", c, err)
		}
		if c != nil {
			var shown strings.Builder
			if err := c.WriteTOML(&shown); err != nil {
				t.Fatal(err)
			}
			if _, err := Parse("shown", []byte(shown.String()), nil); err != nil {
				t.Fatalf("what is shown cannot be read: %v\n%s", err, shown.String())
			}
		}
		after, _, err := rotate("config.toml", data, Rotation{API: true, JWT: true})
		if err != nil {
			return
		}
		p := &problems{}
		if readDocument("config.toml", after, p); p.err() != nil {
			t.Fatalf("rotation broke the file: %v\n%s", p.err(), after)
		}
	})
}
