package plugin

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/driplet/driplet/core"
)

const grantedManifest = leastManifest + "[capabilities]\nhttp = [\"{url}\", \"{more}\", \"https://fixed.example.com/\"]\n[config]\nurl = \"\"\nmore = []\n"

// allowedBy are where an endpoint may be asked with this configuration.
func allowedBy(t *testing.T, config map[string]any) ([]urlPrefix, error) {
	t.Helper()
	m, err := ParseManifest("chat.toml", []byte(grantedManifest))
	if err != nil {
		t.Fatal(err)
	}
	mod, ep := &module{Manifest: m}, &core.Endpoint{Name: "shop", PluginConfig: map[string]map[string]any{"chat": config}}
	text, err := mod.configFor(ep)
	if err != nil {
		t.Fatal(err)
	}
	return mod.allowedFor(ep, text)
}

func TestURLsOfTheConfigurationAreGranted(t *testing.T) {
	list, err := allowedBy(t, map[string]any{
		"url": "https://hooks.example.com/in.php?site=1", "more": []any{"http://10.1.2.3:8080/", "https://whole.example.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for text, allowed := range map[string]bool{
		"https://hooks.example.com/in.php?site=2": true, "https://hooks.example.com/in.php": true,
		"https://hooks.example.com/": false, "http://hooks.example.com/in.php": false, "https://hooks.example.com:444/in.php": false,
		"http://10.1.2.3:8080/x": true, "http://10.1.2.3/x": false, "https://whole.example.com/x": true, "https://fixed.example.com/": true,
		"https://elsewhere.example.com/": false,
	} {
		if u, err := parseURL(text); err != nil || allowsURL(list, u) != allowed {
			t.Errorf("%s: allowed is %v, %v", text, !allowed, err)
		}
	}
	if list, err = allowedBy(t, nil); err != nil || len(list) != 1 {
		t.Errorf("nothing configured grants %d URLs, %v", len(list), err)
	}
	for _, c := range []struct {
		config map[string]any
		want   string
	}{
		{map[string]any{"url": "moodle.example.com"}, `Endpoints.shop.PluginConfig.chat.url: "moodle.example.com" is not a URL that requests can go to`},
		{map[string]any{"url": "ftp://x.example.com/"}, "is not a URL"},
		{map[string]any{"url": "https://u:p@x.example.com/"}, "is not a URL"},
		{map[string]any{"url": "https://x.example.com/a/../b"}, "is not a URL"},
		{map[string]any{"url": int64(7)}, "7 is neither a URL nor a list of them"},
		{map[string]any{"more": []any{"https://x.example.com/", true}}, "PluginConfig.chat.more: "},
	} {
		if _, err := allowedBy(t, c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q", c.config, err, c.want)
		}
	}
}

func TestAGrantNamesAKeyOfTheConfiguration(t *testing.T) {
	_, err := ParseManifest("chat.toml", []byte(strings.Replace(grantedManifest, "{url}", "{ulr}", 1)))
	if err == nil || !strings.Contains(err.Error(), `"{ulr}" stands for a key of [config], but there is no "ulr": did you mean "url"?`) {
		t.Errorf("got %v", err)
	}
	m, err := ParseManifest("chat.toml", []byte(strings.Replace(grantedManifest, `"{more}", "https://fixed.example.com/"`, "", 1)))
	if err != nil || !m.Grants.has(needsHTTP) {
		t.Errorf("got %+v, %v", m, err)
	}
}

// Each endpoint reaches what its own configuration says.
func TestEndpointsAreGrantedTheirOwn(t *testing.T) {
	m, err := ParseManifest("chat.toml", []byte(grantedManifest))
	if err != nil {
		t.Fatal(err)
	}
	mod := &module{Manifest: m}
	for _, name := range []string{"a", "b"} {
		ep := &core.Endpoint{Name: name, PluginConfig: map[string]map[string]any{"chat": {"url": "https://" + name + ".example.com/"}}}
		text, err := mod.configFor(ep)
		if err != nil {
			t.Fatal(err)
		}
		list, err := mod.allowedFor(ep, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range []string{"a", "b"} {
			r, _ := http.NewRequest("GET", "https://"+other+".example.com/", nil)
			if allowsURL(list, r.URL) != (other == name) {
				t.Errorf("%s reaches %s: %v", name, other, other != name)
			}
		}
	}
}

// A manifest alone is for the code that a later source has.
func TestAManifestAlone(t *testing.T) {
	bundled := fstest.MapFS{
		"chat/chat.toml": {Data: []byte(strings.Replace(leastManifest, "\"1\"", "\"2.0.0\"", 1))}, "chat/chat.wasm": {Data: []byte("code")},
	}
	own := leastManifest + "events = [\"mine.*\"]\n"
	for name, files := range map[string]fstest.MapFS{"beside": {"chat.toml": {Data: []byte(own)}}, "in its folder": {"chat/chat.toml": {Data: []byte(own)}}} {
		h := NewHost(Options{Sources: append(sourcesOf(files), bundled)})
		f, err := h.find("chat")
		if err != nil || string(f.wasm) != "code" || f.Version != "2.0.0" || len(f.Events) != 1 {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"another file": {fstest.MapFS{"chat.toml": {Data: []byte(own[:len(leastManifest)] + "wasm = \"other.wasm\"\n")}}, "other.wasm, which cannot be read"},
		"nowhere":      {fstest.MapFS{"talk.toml": {Data: []byte(strings.Replace(own, "chat", "talk", 1))}}, "talk.wasm, which cannot be read"},
	} {
		h := NewHost(Options{Sources: append(sourcesOf(c.files), bundled)})
		plugin := "chat"
		if name == "nowhere" {
			plugin = "talk"
		}
		if _, err := h.find(plugin); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzURLsIn(f *testing.F) {
	for _, seed := range []string{`""`, `"https://a.example.com/x?y"`, `["http://10.0.0.1/",""]`, `7`, `[null]`, `{"a":1}`, `"http://[::1]:8080"`, `"http://a/%2e%2e/"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		list, err := urlsIn(json.RawMessage(value))
		for _, p := range list {
			if err != nil || p.scheme != "http" && p.scheme != "https" || p.name == "" || strings.Contains(p.path, "/../") {
				t.Errorf("%q grants %+v, %v", value, p, err)
			}
		}
	})
}

func sourcesOf(files fstest.MapFS) []fs.FS { return []fs.FS{files} }
