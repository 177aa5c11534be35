package main

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/driplet/driplet/core/plugin"
)

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
			return c.cannotOpen(t, err)
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
	for part, file := range map[string]string{"manifest": p.file(), "wasm": p.wasm()} {
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
