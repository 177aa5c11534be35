package main

import (
	"flag"
	"strings"
)

// whereabouts is an endpoint as a command finds it: by -url or DRIPLET_URL, with
// secrets from the environment, or else by the configuration.
type whereabouts struct {
	address              string // as it was given, or the server's by its configuration
	configured           bool   // the configuration told
	endpoint             string // its name; may be "" where the address holds it
	apiSecret, jwtSecret string // "" where nothing tells them
	userClaim            string // "" where nothing tells it
}

// find reads the flags url and config of fs; name is the endpoint's, "" the
// only one. What is wrong it says itself, and returns the exit code.
func (t *terminal) find(fs *flag.FlagSet, url, configFile, name string) (w whereabouts, code int) {
	if given := givenFlags(fs); !given["url"] && !given["config"] {
		url = lookup(t.env, "DRIPLET_URL")
	}
	if url != "" {
		return whereabouts{
			address: url, endpoint: name,
			apiSecret: lookup(t.env, "DRIPLET_API_SECRET"), jwtSecret: lookup(t.env, "DRIPLET_JWT_SECRET"),
		}, exitOK
	}
	cfg, ok := load(t, configFile, nil)
	if !ok {
		return w, exitUsage
	}
	e, ok := endpoint(t, cfg, name)
	if !ok {
		return w, exitUsage
	}
	w = whereabouts{address: cfg.Global.URL(), configured: true, endpoint: e.Name, userClaim: e.UserClaim}
	if len(e.APIKeys) > 0 {
		w.apiSecret = e.APIKeys[0].Secret
	}
	if len(e.JWTKeys) > 0 {
		w.jwtSecret = e.JWTKeys[0].Secret
	}
	return w, exitOK
}

// givenFlags are those that stand on the command line.
func givenFlags(fs *flag.FlagSet) map[string]bool {
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	return given
}

// lookup reads a variable; of several the last counts, "" is none.
func lookup(env []string, name string) string {
	value := ""
	for _, pair := range env {
		if v, found := strings.CutPrefix(pair, name+"="); found {
			value = v
		}
	}
	return value
}

// firstOf is a, or b where a is empty.
func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
