package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var newSecret = regexp.MustCompile(`"[A-Za-z0-9_-]{43}"`)

// TestRotate shows every shape of file; <new> is 43 characters of base64url.
func TestRotate(t *testing.T) {
	both := Rotation{API: true, JWT: true}
	for name, c := range map[string]struct {
		r            Rotation
		file, result string
	}{
		"comments stay": {both,
			"# top\n[Endpoints.default] # e\n  APISecret = 'old-api'   # why\n\n  JWTSecret   = \"old-jwt\"\n# end\n",
			"# top\n[Endpoints.default] # e\n  APISecret = <new>   # why\n  APISecretPrevious = \"old-api\"\n\n  JWTSecret   = <new>\n  JWTSecretPrevious = \"old-jwt\"\n# end\n"},
		"byte order mark": {Rotation{API: true},
			"\ufeffEndpoints.a.APISecret=\"x\"\n",
			"Endpoints.a.APISecret=<new>\nEndpoints.a.APISecretPrevious = \"x\"\n"},
		"one kind": {Rotation{API: true},
			"[Endpoints.a]\nJWTSecret=\"j\"\nAPISecret=\"x\"",
			"[Endpoints.a]\nJWTSecret=\"j\"\nAPISecret=<new>\nAPISecretPrevious = \"x\""},
		"one endpoint": {Rotation{Endpoint: "B", JWT: true},
			"[Endpoints.a]\nJWTSecret = \"j\"\n[Endpoints.b]\nJWTSecret = \"k\"\n",
			"[Endpoints.a]\nJWTSecret = \"j\"\n[Endpoints.b]\nJWTSecret = <new>\nJWTSecretPrevious = \"k\"\n"},
		"previous is replaced": {Rotation{API: true},
			"[Endpoints.a]\napisecretprevious = \"x\"\napisecret = \"y\"\n",
			"[Endpoints.a]\napisecretprevious = \"y\"\napisecret = <new>\n"},
		"published is dropped": {both,
			"[Endpoints.a]\nAPISecret = \"change-this-api\"\nAPISecretPrevious = \"x\"\nJWTSecret = \"change-this-jwt\"\n",
			"[Endpoints.a]\nAPISecret = <new>\nAPISecretPrevious = \"\"\nJWTSecret = <new>\n"},
		"empty has no previous": {Rotation{API: true},
			"[Endpoints.a]\nAPISecret = \"\"\n", "[Endpoints.a]\nAPISecret = <new>\n"},
		"inline": {both,
			"[Endpoints]\na = { APISecret = \"x\", JWTSecret = \"y\" }\n",
			"[Endpoints]\na = { APISecret = <new>, APISecretPrevious = \"x\", JWTSecret = <new>, JWTSecretPrevious = \"y\" }\n"},
		"dotted": {Rotation{Endpoint: "a", API: true},
			"[Endpoints]\na . APISecret = \"x\"\r\nb.c = 1\r\n", "[Endpoints]\na . APISecret = <new>\r\na . APISecretPrevious = \"x\"\r\nb.c = 1\r\n"},
		"several lines": {Rotation{API: true},
			"[Endpoints.a]\nAPISecret = \"\"\"\nx\ny\"\"\" # z\nPlugins = []\n",
			"[Endpoints.a]\nAPISecret = <new> # z\nAPISecretPrevious = \"x\\u000Ay\"\nPlugins = []\n"},
		"escapes": {Rotation{API: true},
			"[Endpoints.a]\nAPISecret = \"a\\\"b\\\\c\"\n", "[Endpoints.a]\nAPISecret = <new>\nAPISecretPrevious = \"a\\\"b\\\\c\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, done, err := rotate("config.toml", []byte(c.file), c.r)
			if err != nil {
				t.Fatal(err)
			}
			if shown := newSecret.ReplaceAllString(string(got), "<new>"); shown != c.result {
				t.Errorf("got\n%s\nwant\n%s", shown, c.result)
			}
			p := &problems{}
			readDocument("config.toml", got, p)
			if err := p.err(); err != nil {
				t.Errorf("the result is broken: %v", err)
			}
			if len(done) == 0 {
				t.Error("nothing done")
			}
		})
	}
}

func TestRotateRefuses(t *testing.T) {
	both := Rotation{API: true, JWT: true}
	for name, c := range map[string]struct {
		r          Rotation
		file, want string
	}{
		"missing key":      {both, "[Endpoints.a]\nAPISecret = \"x\"\n", "config.toml:1: Endpoints.a.JWTSecret is not in this file: is it in the environment? Change it there"},
		"wrong type":       {Rotation{API: true}, "[Endpoints.a]\nAPISecret = 7\n", "config.toml:2: Endpoints.a.APISecret must be a text in quotes, not what stands there"},
		"unknown endpoint": {Rotation{Endpoint: "b", API: true}, "[Endpoints.a]\nAPISecret = \"x\"\n", "config.toml has no endpoint b"},
		"no endpoint":      {both, "", "config.toml has no endpoint"},
		"broken":           {both, "[", "config.toml:1: not valid TOML: "},
	} {
		if _, _, err := rotate("config.toml", []byte(c.file), c.r); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func TestRotateKeepsModeAndFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "real.toml"), filepath.Join(dir, "config.toml")
	if err := os.WriteFile(path, []byte(minimal), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	done, err := Rotate(link, Rotation{API: true})
	if err != nil || len(done) != 1 || done[0] != (Rotated{Endpoint: "default", Key: "APISecret", Kept: true}) {
		t.Fatalf("%+v, %v", done, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	c, err := Load(link, nil)
	if err != nil || len(c.Endpoints[0].APIKeys) != 2 || c.Endpoints[0].APIKeys[1].Secret != "api-0123456789abcdef" {
		t.Errorf("after: %+v, %v", c, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 2 {
		t.Errorf("left behind: %v", files)
	}
}

func TestCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	if created, err := Create(path); err != nil || !created {
		t.Fatal(created, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	c, err := Load(path, nil)
	if err != nil || len(c.Warnings) != 0 || len(c.Endpoints) != 1 || c.Endpoints[0].Name != "default" {
		t.Fatalf("%+v, %v", c, err)
	}
	if e := c.Endpoints[0]; e.APIKeys[0].Secret == e.JWTKeys[0].Secret || len(e.APIKeys[0].Secret) != 43 {
		t.Error("the secrets are not two random ones")
	}
	before, _ := os.ReadFile(path)
	if created, err := Create(path); err != nil || created {
		t.Errorf("again: %v, %v", created, err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("an existing file was changed")
	}
	gone := filepath.Join(t.TempDir(), "none", "config.toml")
	if _, err := Create(gone); err == nil || !strings.Contains(err.Error(), "does not exist and cannot be written: no such file or directory. Name a configuration with -config, or make the folder") {
		t.Errorf("no folder: %v", err)
	}
}

func TestNearest(t *testing.T) {
	words := []string{"serve", "token", "publish", "config check"}
	for name, want := range map[string]string{
		"sevre": "serve", "tokne": "token", "PUBLISH": "publish", "config chek": "config check",
		"x": "", "": "", "something": "", strings.Repeat("publish", 100): "",
	} {
		if got := Nearest(name, words); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
