package main

import (
	"flag"
	"fmt"
	"strings"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core"
)

// defaultConfig is where a configuration is looked for, and written.
const defaultConfig = "config.toml"

func configFlag(fs *flag.FlagSet) *string {
	return fs.String("config", defaultConfig, "read the configuration from this `file`")
}

// load reads the configuration and says what is wrong with it.
func load(t *terminal, path string, overrides []config.Override) (*config.Config, bool) {
	cfg, err := config.Load(path, t.env, overrides...)
	if err != nil {
		fmt.Fprintln(t.err, err)
		return nil, false
	}
	return cfg, true
}

// endpoint finds the endpoint that a command is about; "" is the only one, or
// the one named default. It says which there are when there is no such.
func endpoint(t *terminal, cfg *config.Config, name string) (*core.Endpoint, bool) {
	if name == "" {
		if len(cfg.Endpoints) == 1 {
			return cfg.Endpoints[0], true
		}
		name = "default"
	}
	if e := cfg.Endpoint(strings.ToLower(name)); e != nil {
		return e, true
	}
	var names []string
	for _, e := range cfg.Endpoints {
		names = append(names, e.Name)
	}
	fmt.Fprintf(t.err, "driplet: %s has no endpoint '%s': name one of %s with -endpoint\n", cfg.Path, name, strings.Join(names, ", "))
	return nil, false
}

// repeated is a flag that may be given several times.
type repeated []string

// String makes *repeated a flag.Value.
func (r *repeated) String() string { return strings.Join(*r, ",") }

// Set makes *repeated a flag.Value.
func (r *repeated) Set(s string) error {
	*r = append(*r, s)
	return nil
}
