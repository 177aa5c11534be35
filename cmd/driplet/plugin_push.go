package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core/plugin"
)

// pushTimeout is for sending 16 MiB and having them compiled.
const pushTimeout = 5 * time.Minute

func pluginPushCommand() command {
	c := command{
		name:    "plugin push",
		args:    "[FOLDER|NAME.toml]",
		summary: "put a plugin into a running server",
		help: `
Checks the plugin in FOLDER (default: the one you are in) as a server would, and
sends its manifest and wasm file to the server's admin API. The server checks it
for each of its endpoints, keeps it in its PluginDir, and lets the new version
take the old one's place between two events; when anything is wrong with it the
old one goes on serving, and this says what. The server needs Global.AdminToken
and Global.PluginDir. Address and token come from the configuration, or from
-url and -token, or from DRIPLET_GLOBAL_ADMINTOKEN.

Examples:
  driplet plugin push
  driplet plugin push -config /etc/driplet/config.toml plugins/quiz
  driplet plugin push -url http://127.0.0.1:4720 -token "$TOKEN" quiz.toml
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		d := adminFlags(fs)
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) > 1 {
			return c.misused(t, "it takes one plugin, not %d", len(rest))
		}
		p, err := openPlugin(append(rest, ".")[0])
		if err != nil {
			return c.misused(t, "%v", err)
		}
		to, code := d.destination(t)
		if code != exitOK {
			return code
		}
		if err := pushPlugin(ctx, t, p, to); err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		return exitOK
	}
	return c
}

// adminAPI is a server's admin API, and the token that it wants.
type adminAPI struct{ url, token string }

// adminOptions say where the admin API is.
type adminOptions struct {
	fs                 *flag.FlagSet
	config, url, token string
}

func adminFlags(fs *flag.FlagSet) *adminOptions {
	d := &adminOptions{fs: fs}
	fs.StringVar(&d.config, "config", defaultConfig, "take address and token from this `file`")
	fs.StringVar(&d.url, "url", "", "the server's admin API, such as `http://127.0.0.1:4720`")
	fs.StringVar(&d.token, "token", "", "the server's `AdminToken`, with -url")
	return d
}

// destination is where to ask, and with which token.
func (d *adminOptions) destination(t *terminal) (adminAPI, int) {
	to := adminAPI{strings.TrimRight(d.url, "/"), d.token}
	if d.url == "" {
		cfg, ok := load(t, d.config, nil)
		if !ok {
			fmt.Fprintln(t.err, "driplet: name the running server's configuration with -config, or its admin API with -url and -token")
			return to, exitUsage
		}
		if to.url = cfg.Global.AdminURL(); to.token == "" {
			to.token = cfg.Global.AdminToken
		}
		if cfg.Global.AdminToken == "" {
			fmt.Fprintf(t.err, "driplet: %s sets no Global.AdminToken, so the server has no admin API: set one (openssl rand -hex 32) and start the server anew, or name another server with -url and -token\n", cfg.Path)
			return to, exitUsage
		}
	} else if to.token == "" {
		to.token = lookup(t.env, config.Prefix+"GLOBAL_ADMINTOKEN")
	}
	u, err := url.Parse(to.url)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		fmt.Fprintf(t.err, "driplet: %q is not the URL of an admin API, such as http://127.0.0.1:4720\n", to.url)
	case u.Port() == "0":
		fmt.Fprintln(t.err, "driplet: Global.AdminAddress has port 0, any free one: name the one that the server's log gives, with -url")
	case to.token == "":
		fmt.Fprintln(t.err, "driplet: there is no token: give -token or DRIPLET_GLOBAL_ADMINTOKEN, the server's Global.AdminToken")
	default:
		return to, exitOK
	}
	return to, exitUsage
}

// do asks the admin API; what it answers with 200 goes into answer, as JSON.
func (a adminAPI) do(ctx context.Context, method, path, contentType string, body []byte, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	// A redirect would carry the token to a place that nobody named.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("no answer from %s: %w. Is the server running, with Global.AdminToken?", a.url, errors.Unwrap(err))
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("the answer of %s broke off: %w", a.url, err)
	}
	if res.StatusCode == http.StatusNotFound && bytes.Contains(text, []byte("there is nothing at /admin/")) {
		return fmt.Errorf("%s is not the admin API: that listens at Global.AdminAddress, which the server's log gives when it starts", a.url)
	}
	if res.StatusCode != http.StatusOK {
		return refusal(a.url, "a server's admin API", res, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s answered with something else than JSON: is it a server's admin API?", a.url)
	}
	return nil
}

// pushPlugin checks a plugin, sends it and says what became of it.
func pushPlugin(ctx context.Context, t *terminal, p *pluginFolder, to adminAPI) error {
	warning, err := p.built()
	if err != nil {
		return err
	}
	if warning != "" {
		fmt.Fprintf(t.err, "warning: %s\n", warning)
	}
	if err := tryPlugin(ctx, os.DirFS(p.dir), p.manifest.Name); err != nil {
		return fmt.Errorf("not sent, because no server would load it:\n%w", err)
	}
	c, err := to.push(ctx, p)
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, describeChange(c))
	return nil
}

// push sends a plugin's two files.
func (a adminAPI) push(ctx context.Context, p *pluginFolder) (*plugin.Change, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for part, file := range map[string]string{"manifest": filepath.Join(p.dir, p.manifest.Name+".toml"), "wasm": p.wasm()} {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		w, err := form.CreateFormFile(part, filepath.Base(file))
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(data); err != nil {
			return nil, err
		}
	}
	if err := form.Close(); err != nil {
		return nil, err
	}
	c := new(plugin.Change)
	return c, a.do(ctx, http.MethodPut, "/admin/plugins/"+p.manifest.Name, form.FormDataContentType(), body.Bytes(), c)
}

func describeChange(c *plugin.Change) string {
	where := strings.Join(c.Endpoints, ", ")
	switch {
	case len(c.Endpoints) == 0:
		return fmt.Sprintf("%s %s is kept, but serves nowhere: add %q to Endpoints.<name>.Plugins and start the server anew", c.Plugin, c.New, c.Plugin)
	case c.Unchanged:
		return fmt.Sprintf("%s %s serves %s already: nothing has changed", c.Plugin, c.New, where)
	case c.Old == "":
		return fmt.Sprintf("%s %s is new and serves %s", c.Plugin, c.New, where)
	case c.Old == c.New:
		return fmt.Sprintf("%s %s -> %s (another build or manifest) serves %s", c.Plugin, c.Old, c.New, where)
	}
	return fmt.Sprintf("%s %s -> %s serves %s", c.Plugin, c.Old, c.New, where)
}
