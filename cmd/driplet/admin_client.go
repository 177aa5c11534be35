package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/driplet/driplet/cmd/driplet/config"
)

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

// adminTimeout is for the longest request, a push: sending 16 MiB and having them
// compiled.
const adminTimeout = 5 * time.Minute

// do asks the admin API; what it answers with 200 goes into answer, as JSON.
func (a adminAPI) do(ctx context.Context, method, path, contentType string, body []byte, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, text, err := exchange(req, a.url, func(error) string { return "Is the server running, with Global.AdminToken?" })
	if err != nil {
		return err
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
