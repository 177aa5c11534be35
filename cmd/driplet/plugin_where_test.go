package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// Commands that look for a server, or for its plugins, in the wrong place say so.
func TestPluginsLookedForElsewhere(t *testing.T) {
	dir := write(t, minimal+"[Global]\nPluginDir = \"elsewhere\"\nAdminToken = \"0123456789abcdef0123456789abcdef\"\n")
	config := filepath.Join(dir, "config.toml")
	r := inProcess(t, "plugin", "routes", "-config", config)
	if r.code != 1 || !strings.Contains(r.err, "Global.PluginDir cannot be read") || !strings.Contains(r.err, "a relative one counts from the folder that driplet is started in") {
		t.Errorf("routes: %+v", r)
	}
	r = inProcess(t, "plugin", "trace", "-config", filepath.Join(dir, "none.toml"), "chat")
	if r.code != 2 || !strings.Contains(r.err, "name the running server's configuration with -config, or its admin API with -url and -token") {
		t.Errorf("trace: %+v", r)
	}
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		w.Write([]byte(`{"error":{"code":"not_found","message":"there is nothing at /admin/plugins/chat/trace","retry":false}}`))
	}))
	defer public.Close()
	r = inProcess(t, "plugin", "trace", "-url", public.URL, "-token", "x", "chat")
	if r.code != 1 || r.err != "driplet: "+public.URL+" is not the admin API: that listens at Global.AdminAddress, which the server's log gives when it starts\n" {
		t.Errorf("the public API: %+v", r)
	}
}
