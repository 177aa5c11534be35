package config

import (
	"strings"
	"testing"
)

// Each case is one fault and the exact text that its author sees.
func TestErrors(t *testing.T) {
	endpoint := func(s string) string { return minimal + s }
	for name, c := range map[string]struct{ file, want string }{
		"syntax":            {"[Global]\nPort = 1\nPort 2\n", "config.toml:3: not valid TOML: expected '=' after key"},
		"unquoted secret":   {"[Endpoints.default]\nAPISecret = topsecret\n", "config.toml:2: not valid TOML: "},
		"twice":             {"[Global]\nPort = 1\nPort = 2\n", "config.toml:3: not valid TOML: key Port is already defined"},
		"twice, other case": {"[Global]\nPort = 1\n[global]\nport = 2\n" + minimal, "config.toml:4: port is already set on line 2 (letter case makes no difference)"},
		"value and section": {"global = 1\n[Global]\nPort = 1\n" + minimal, "config.toml:2: Global is a value in one place and a section in another"},
		"list and section":  {endpoint("topics = 3\n[[Endpoints.default.Topics]]\nMatch = \"a\"\n"), "config.toml:5: Topics is a list of tables here and something else on line 4"},
		"no endpoint":       {"[Global]\nPort = 1\n", "config.toml: there is no endpoint: add a section [Endpoints.default] with APISecret and JWTSecret"},

		"unknown section":      {"[Globals]\nPort = 1\n" + minimal, "config.toml:1: unknown key Globals: did you mean Global?"},
		"unknown key":          {"[Global]\nProt = 1\n" + minimal, "config.toml:2: unknown key Global.Prot: did you mean Global.Port?"},
		"unknown endpoint key": {endpoint("JWTSecert = \"x\"\n"), "config.toml:4: unknown key Endpoints.default.JWTSecert: did you mean Endpoints.default.JWTSecret?"},
		"unknown key far off":  {"[Global]\nx = 1\n" + minimal, "config.toml:2: unknown key Global.x: known here: BindAddress, Port, Listen, PublicURL, TrustedProxies, DataDir, PluginDir, AdminToken, AdminAddress, LogFile, LogLevel, Metrics, TLSCertificate, TLSKey, Connections, QueueBytes, HistoryBytes, Memory, ShutdownSpread"},
		"unknown in a list":    {endpoint("[[Endpoints.default.Topics]]\nMatch = \"a\"\nSubscibe = \"token\"\n"), "config.toml:6: unknown key Endpoints.default.Topics.Subscibe: did you mean Endpoints.default.Topics.Subscribe?"},
		"unknown inline":       {endpoint("[[Endpoints.default.Topics]]\nMatch = \"a\"\nHistory = { Sizes = 1 }\n"), "config.toml:6: unknown key Endpoints.default.Topics.History.Sizes: did you mean Endpoints.default.Topics.History.Size?"},

		"port as text":         {"[Global]\nPort = \"4719\"\n" + minimal, "config.toml:2: Global.Port must be a whole number from 0 to 65535, not \"4719\""},
		"port too high":        {"[Global]\nPort = 65536\n" + minimal, "config.toml:2: Global.Port must be a whole number from 0 to 65535, not 65536"},
		"port a fraction":      {"[Global]\nPort = 1.5\n" + minimal, "config.toml:2: Global.Port must be a whole number from 0 to 65535, not 1.5"},
		"address with port":    {"[Global]\nBindAddress = \"127.0.0.1:80\"\n" + minimal, "config.toml:2: Global.BindAddress: \"127.0.0.1:80\" is neither an IP address nor a host name; the port has a key of its own"},
		"listen without port":  {"[Global]\nListen = [\n  \":6001\",\n  \"6002\",\n]\n" + minimal, "config.toml:4: Global.Listen: \"6002\" is not an address with a port, such as \":6001\" or \"127.0.0.1:6001\""},
		"listen no port":       {"[Global]\nListen = [\":http\"]\n" + minimal, "config.toml:2: Global.Listen: \":http\": the port must be a number from 1 to 65535"},
		"listen twice":         {"[Global]\nListen = [\":1\", \":1\"]\n" + minimal, "config.toml:2: Global.Listen: \":1\" stands there twice"},
		"listen as text":       {"[Global]\nListen = \":6001\"\n" + minimal, "config.toml:2: Global.Listen must be a list of texts such as [\"a\", \"b\"], not \":6001\""},
		"list of numbers":      {"[Global]\nListen = [6001]\n" + minimal, "config.toml:2: Global.Listen must be a list of texts such as [\"a\", \"b\"], not a list"},
		"proxy":                {"[Global]\nTrustedProxies = [\"nginx\"]\n" + minimal, "config.toml:2: Global.TrustedProxies: \"nginx\" is not an address or a network, such as \"127.0.0.1\" or \"10.0.0.0/8\""},
		"proxy with host bits": {"[Global]\nTrustedProxies = [\"10.0.0.7/8\"]\n" + minimal, "config.toml:2: Global.TrustedProxies: \"10.0.0.7/8\" has bits set after its prefix; the network is \"10.0.0.0/8\""},
		"public URL":           {"[Global]\nPublicURL = \"example.com\"\n" + minimal, "config.toml:2: Global.PublicURL: \"example.com\" is not a URL that starts with http:// or https://"},
		"admin token":          {"[Global]\nAdminToken = \"short\"\n" + minimal, "config.toml:2: Global.AdminToken: has 5 bytes, and needs 32: who has it can put code into this server; make one with 'openssl rand -hex 32'"},
		"admin token's bytes":  {"[Global]\nAdminToken = \"0123456789abcdef 0123456789abcdef\"\n" + minimal, "config.toml:2: Global.AdminToken: stands in a header: it may hold printable ASCII without spaces only; make one with 'openssl rand -hex 32'"},
		"admin address":        {"[Global]\nAdminAddress = \"127.0.0.1\"\n" + minimal, "config.toml:2: Global.AdminAddress: \"127.0.0.1\" is not an address with a port, such as \":6001\" or \"127.0.0.1:6001\""},
		"admin address taken":  {"[Global]\nAdminToken = \"0123456789abcdef0123456789abcdef\"\nAdminAddress = \"127.0.0.1:4719\"\n" + minimal, "config.toml:3: Global.AdminAddress is where the server itself listens: choose another port"},
		"level":                {"[Global]\nLogLevel = \"verbose\"\n" + minimal, "config.toml:2: Global.LogLevel must be \"normal\" or \"debug\", not \"verbose\""},
		"metrics":              {"[Global]\nMetrics = true\n" + minimal, "config.toml:2: Global.Metrics must be one of \"loopback\", \"all\", \"off\", not true"},
		"section as value":     {"Global = 3\n" + minimal, "config.toml:1: Global must be a section, not 3"},
		"date":                 {"[Global]\nDataDir = 1979-05-27\n" + minimal, "config.toml:2: Global.DataDir must be a text in quotes, not the date 1979-05-27"},

		"endpoint name":      {"[Endpoints.\"a b\"]\n" + secrets, "config.toml:1: Endpoints.a b: a name has a-z, 0-9, - and _, begins with a letter or digit, and has at most 64 of them"},
		"endpoint as value":  {"[Endpoints]\ndefault = 1\n", "config.toml:2: Endpoints.default must be a section, not 1"},
		"secret as number":   {"[Endpoints.default]\nAPISecret = 1234567890123456\n", "config.toml:2: Endpoints.default.APISecret must be a text in quotes, not what stands there"},
		"two names":          {endpoint("Name = \"a\"\nTitle = \"b\"\n"), "config.toml:5: Endpoints.default.Title is another name for Endpoints.default.Name, which is set as well"},
		"origin with path":   {endpoint("AllowedOrigins = [\"https://example.com/\"]\n"), "config.toml:4: Endpoints.default.AllowedOrigins: \"https://example.com/\" has a path, which origins have not: write \"https://example.com\""},
		"origin without":     {endpoint("AllowedOrigins = [\"example.com\"]\n"), "config.toml:4: Endpoints.default.AllowedOrigins: \"example.com\" is not an origin such as \"https://example.com\""},
		"user claim":         {endpoint("UserClaim = \"\"\n"), "config.toml:4: Endpoints.default.UserClaim: must not be empty"},
		"expiry":             {endpoint("TokenExpiry = \"never\"\n"), "config.toml:4: Endpoints.default.TokenExpiry must be \"connect\" or \"enforce\", not \"never\""},
		"version 1":          {endpoint("Version1 = false\n"), "config.toml:4: Endpoints.default.Version1 must be one of \"allow\", \"expire\", \"off\", not false"},
		"echo":               {endpoint("EchoTarget = \"yes\"\n"), "config.toml:4: Endpoints.default.EchoTarget must be true or false, not \"yes\""},
		"plugin name":        {endpoint("Plugins = [\"../chat\"]\n"), "config.toml:4: Endpoints.default.Plugins: \"../chat\" is not a plugin's name (a-z, 0-9, - and _)"},
		"limit zero":         {endpoint("[Endpoints.default.Limits]\nConnections = 0\n"), "config.toml:5: Endpoints.default.Limits.Connections must be a whole number from 1 to 10000000, not 0"},
		"size unit":          {endpoint("[Endpoints.default.Limits]\nFrameBytes = \"64 kilo\"\n"), "config.toml:5: Endpoints.default.Limits.FrameBytes must be a size from 128 B to 16 MiB, such as \"64 KiB\", not \"64 kilo\""},
		"size too big":       {endpoint("[Endpoints.default.Limits]\nFrameBytes = 99999999\n"), "config.toml:5: Endpoints.default.Limits.FrameBytes must be a size from 128 B to 16 MiB, such as \"64 KiB\", not 99999999"},
		"size overflow":      {endpoint("[Endpoints.default.Limits]\nQueueBytes = \"9223372036854775807 GiB\"\n"), "config.toml:5: Endpoints.default.Limits.QueueBytes must be a size from 1 KiB to 1 GiB, such as \"64 KiB\", not \"9223372036854775807 GiB\""},
		"rate nan":           {endpoint("[Endpoints.default.Limits]\nEventsPerSecond = nan\n"), "config.toml:5: Endpoints.default.Limits.EventsPerSecond must be a number above 0 and up to 1000000, in events a second, not NaN"},
		"topics as section":  {endpoint("[Endpoints.default.Topics]\nMatch = \"a\"\n"), "config.toml:4: Endpoints.default.Topics must be a list of sections, each under a double bracket, not a section"},
		"topics of numbers":  {endpoint("Topics = [1]\n"), "config.toml:4: Endpoints.default.Topics must be a list of sections, each under a double bracket, not 1"},
		"match missing":      {endpoint("[[Endpoints.default.Topics]]\nSubscribe = \"token\"\n"), "config.toml:4: Endpoints.default.Topics.Match is missing: it must be a text in quotes"},
		"match empty":        {endpoint("[[Endpoints.default.Topics]]\nMatch = \"\"\n"), "config.toml:5: Endpoints.default.Topics.Match: an empty pattern matches nothing; \"*\" matches everything"},
		"match":              {endpoint("[[Endpoints.default.Topics]]\nMatch = \"user.{\"\n"), "config.toml:5: Endpoints.default.Topics.Match: the pattern \"user.{\" has a { without a claim's name and }"},
		"access":             {endpoint("[[Endpoints.default.Topics]]\nMatch = \"a\"\nSubscribe = \"all\"\n"), "config.toml:6: Endpoints.default.Topics.Subscribe must be one of \"public\", \"anyone\", \"token\", \"claims\", \"proof\", \"plugin\", \"nobody\", not \"all\""},
		"overflow":           {endpoint("[[Endpoints.default.Topics]]\nMatch = \"a\"\nOverflow = \"drop\"\n"), "config.toml:6: Endpoints.default.Topics.Overflow must be one of \"close\", \"drop-oldest\", \"latest\", not \"drop\""},
		"duration":           {endpoint("[[Endpoints.default.Topics]]\nMatch = \"a\"\nHistory = { Age = \"1 day\" }\n"), "config.toml:6: Endpoints.default.Topics.History.Age must be a duration from 1s to 365d, such as \"5s\", \"24h\" or \"7d\", not \"1 day\""},
		"history size":       {endpoint("[[Endpoints.default.Topics]]\nMatch = \"a\"\nHistory = { Size = 0 }\n"), "config.toml:6: Endpoints.default.Topics.History.Size must be a whole number from 1 to 1000000, not 0"},
		"history sync":       {endpoint("[[Endpoints.default.Topics]]\nMatch = \"a\"\nHistory = { Sync = \"never\" }\n"), "config.toml:6: Endpoints.default.Topics.History.Sync must be \"always\" or \"batch\", not \"never\""},
		"duration number":    {endpoint("[[Endpoints.default.Topics]]\nMatch = \"a\"\nPresence = { Debounce = 2 }\n"), "config.toml:6: Endpoints.default.Topics.Presence.Debounce must be a duration from 0s to 1m, such as \"5s\", \"24h\" or \"7d\", not 2"},
		"pusher incomplete":  {endpoint("[Endpoints.default.Pusher]\nAppID = \"1\"\nAppKey = \"k\"\n"), "config.toml:4: Endpoints.default.Pusher.Secret is missing: it must be a text in quotes"},
		"callback tie":       {endpoint("[[Endpoints.default.Callbacks]]\nMatch = \"a*\"\nURL = \"http://x\"\n[[Endpoints.default.Callbacks]]\nMatch = \"a*b\"\nURL = \"http://y\"\n"), "config.toml:8: Endpoints.default.Callbacks.Match: \"a*b\" and \"a*\" are equally specific: make one longer before its first * or {"},
		"callback":           {endpoint("[[Endpoints.default.Callbacks]]\nMatch = \"a\"\nURL = \"ftp://x\"\n"), "config.toml:6: Endpoints.default.Callbacks.URL: \"ftp://x\" is not a URL that starts with http:// or https://"},
		"plugin config":      {endpoint("[Endpoints.default.PluginConfig]\nchat = 1\n"), "config.toml:5: Endpoints.default.PluginConfig.chat must be a section, not 1"},
		"published, open":    {"[Global]\nBindAddress = \"0.0.0.0\"\n[Endpoints.default]\nAllowedOrigins = [\"https://a.b\"]\nAPISecret = \"change-this-api-secret\"\nJWTSecret = \"jwt-0123456789abcdef\"\n", "config.toml:5: Endpoints.default.APISecret is the published default and BindAddress is 0.0.0.0: anyone could publish. Run 'driplet secrets rotate' and put the new secret into your backend"},
		"published, listen":  {"[Global]\nListen = [\":6001\"]\n[Endpoints.default]\nAPISecret = \"api-0123456789abcdef\"\nJWTSecret = \"change-this-jwt-secret\"\n", "config.toml:5: Endpoints.default.JWTSecret is the published default and Listen has :6001: anyone could log in as anybody. Run 'driplet secrets rotate' and put the new secret into your backend"},
		"published previous": {"[Global]\nBindAddress = \"\"\n" + endpoint("APISecretPrevious = \"change-this-api-secret\"\n"), "config.toml:6: Endpoints.default.APISecretPrevious is the published default and BindAddress is every address: anyone could publish. Run 'driplet secrets rotate' and put the new secret into your backend"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("config.toml", []byte(c.file), nil)
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); got != c.want && !(strings.HasSuffix(c.want, ": ") && strings.HasPrefix(got, c.want) && !strings.Contains(got, "topsecret")) {
				t.Errorf("got\n  %s\nwant\n  %s", got, c.want)
			}
		})
	}
}

func TestErrorsFromOutside(t *testing.T) {
	for env, want := range map[string]string{
		"DRIPLET_GLOBAL_PORT=http":                             "DRIPLET_GLOBAL_PORT: Global.Port must be a whole number from 0 to 65535, not \"http\"",
		"DRIPLET_GLOBAL_PROT=1":                                "DRIPLET_GLOBAL_PROT: unknown variable: did you mean DRIPLET_GLOBAL_PORT?",
		"DRIPLET_PORT=4720":                                    "DRIPLET_PORT: unknown variable: did you mean DRIPLET_GLOBAL_PORT?",
		"DRIPLET_SOMETHING=1":                                  "DRIPLET_SOMETHING: unknown variable: it sets no key of the configuration; 'driplet config check' shows them",
		"DRIPLET_ENDPOINTS_DEFAULT_LIMITS_CONECTIONS=1":        "DRIPLET_ENDPOINTS_DEFAULT_LIMITS_CONECTIONS: unknown variable: did you mean DRIPLET_ENDPOINTS_DEFAULT_LIMITS_CONNECTIONS?",
		"DRIPLET_ENDPOINTS_DEFAULT_LIMITS=1":                   "DRIPLET_ENDPOINTS_DEFAULT_LIMITS: Endpoints.default.Limits is a section: set one of its keys",
		"DRIPLET_ENDPOINTS_DEFAULT_TOPICS_MATCH=a":             "DRIPLET_ENDPOINTS_DEFAULT_TOPICS_MATCH: Endpoints.default.Topics is a list of sections: set it in the file",
		"DRIPLET_ENDPOINTS_DEFAULT_TOPICS=a":                   "DRIPLET_ENDPOINTS_DEFAULT_TOPICS: Endpoints.default.Topics is a list of sections: set it in the file",
		"DRIPLET_GLOBAL_TRUSTEDPROXIES=127.0.0.1,proxy":        "DRIPLET_GLOBAL_TRUSTEDPROXIES: Global.TrustedProxies: \"proxy\" is not an address or a network, such as \"127.0.0.1\" or \"10.0.0.0/8\"",
		"DRIPLET_ENDPOINTS_DEFAULT_ECHOTARGET=maybe":           "DRIPLET_ENDPOINTS_DEFAULT_ECHOTARGET: Endpoints.default.EchoTarget must be true or false, not \"maybe\"",
		"DRIPLET_ENDPOINTS_DEFAULT_LIMITS_EVENTSPERSECOND=inf": "DRIPLET_ENDPOINTS_DEFAULT_LIMITS_EVENTSPERSECOND: Endpoints.default.Limits.EventsPerSecond must be a number above 0 and up to 1000000, in events a second, not \"inf\"",
		"DRIPLET_ENDPOINTS_DEFAULT_LIMITS_FRAMEBYTES=64KB/s":   "DRIPLET_ENDPOINTS_DEFAULT_LIMITS_FRAMEBYTES: Endpoints.default.Limits.FrameBytes must be a size from 128 B to 16 MiB, such as \"64 KiB\", not \"64KB/s\"",
	} {
		if _, err := Parse("config.toml", []byte(minimal), []string{env}); err == nil || err.Error() != want {
			t.Errorf("%s: got\n  %v\nwant\n  %s", env, err, want)
		}
	}
	for _, c := range []struct{ key, value, want string }{
		{"Global.Port", "x", "-flag: Global.Port must be a whole number from 0 to 65535, not \"x\""},
		{"Global.Prot", "1", "-flag: unknown key Global.Prot: did you mean Global.Port?"},
		{"", "1", "-flag: unknown key : it sets no key of the configuration; 'driplet config check' shows them"},
	} {
		_, err := Parse("config.toml", []byte(minimal), nil, Override{Flag: "-flag", Key: c.key, Value: c.value})
		if err == nil || err.Error() != c.want {
			t.Errorf("-set %s=%s: got\n  %v\nwant\n  %s", c.key, c.value, err, c.want)
		}
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	_, err := Parse("config.toml", []byte("[Global]\nPort = -1\nLogLevel = 3\nHost = \"x\"\n[Endpoints.default]\nPlugin = []\n"),
		[]string{"DRIPLET_X=1", "DRIPLET_GLOBAL_METRICS=maybe"})
	want := `config.toml:2: Global.Port must be a whole number from 0 to 65535, not -1
config.toml:3: Global.LogLevel must be "normal" or "debug", not 3
config.toml:4: unknown key Global.Host: known here: BindAddress, Port, Listen, PublicURL, TrustedProxies, DataDir, PluginDir, AdminToken, AdminAddress, LogFile, LogLevel, Metrics, TLSCertificate, TLSKey, Connections, QueueBytes, HistoryBytes, Memory, ShutdownSpread
config.toml:6: unknown key Endpoints.default.Plugin: did you mean Endpoints.default.Plugins?
DRIPLET_GLOBAL_METRICS: Global.Metrics must be one of "loopback", "all", "off", not "maybe"
DRIPLET_X: unknown variable: it sets no key of the configuration; 'driplet config check' shows them`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestWarnings(t *testing.T) {
	c := mustParse(t, `
[Global]
BindAddress = "10.0.0.1"
[Endpoints.default]
APISecret = "short"
JWTSecret = "short"
Plugins = []
[Endpoints.default.PluginConfig.chat]
x = 1
[Endpoints.shop]
`, nil)
	want := `config.toml:4: Endpoints.default.AllowedOrigins is empty and BindAddress is 10.0.0.1: pages of any site may connect with their visitors' tokens; list your sites' origins
config.toml:5: Endpoints.default.APISecret has 5 bytes: a guess could find it; use 16 or more random ones, or run 'driplet secrets rotate'
config.toml:6: Endpoints.default.JWTSecret has 5 bytes: a guess could find it; use 16 or more random ones, or run 'driplet secrets rotate'
config.toml:6: Endpoints.default.JWTSecret is the same as Endpoints.default.APISecret: who knows one knows both; run 'driplet secrets rotate'
config.toml:8: Endpoints.default.PluginConfig.chat configures a plugin that Endpoints.default.Plugins does not list
config.toml:10: Endpoints.shop.APISecret is empty: no backend can publish
config.toml:10: Endpoints.shop.JWTSecret is empty: no token is accepted
config.toml:10: Endpoints.shop.AllowedOrigins is empty and BindAddress is 10.0.0.1: pages of any site may connect with their visitors' tokens; list your sites' origins`
	if got := strings.Join(c.Warnings, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	c = mustParse(t, "[Endpoints.default]\nAPISecret = \"change-this-api-secret\"\nJWTSecret = \"jwt-0123456789abcdef\"\n", nil)
	want = "config.toml:2: Endpoints.default.APISecret is the published default: anyone who reaches this server could publish. Run 'driplet secrets rotate' before it listens on more than loopback"
	if got := strings.Join(c.Warnings, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNoWarningOfWhatIsOff(t *testing.T) {
	c := mustParse(t, minimal+"[[Endpoints.default.Topics]]\nMatch = \"a\"\nLatest = false\n", nil)
	if len(c.Warnings) != 0 {
		t.Errorf("warnings %q", c.Warnings)
	}
}
