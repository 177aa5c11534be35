package main

import (
	"context"
	"fmt"

	"github.com/driplet/driplet/cmd/driplet/config"
)

func configCheckCommand() command {
	c := command{
		name:    "config check",
		summary: "show the configuration with each value's source, or what is wrong with it",
		help: `
Prints the configuration as 'driplet serve' would use it: every key, its value,
and as a comment where it was set (default, file and line, variable, or flag).
Secrets are masked; the same id means the same secret. Warnings follow on
standard error. Nothing is written and nothing is started.

Examples:
  driplet config check
  driplet config check -config /etc/driplet/config.toml
  DRIPLET_GLOBAL_PORT=6001 driplet config check
`,
	}
	c.run = func(_ context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		path := configFlag(fs)
		overrides := config.Flags(fs)
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) > 0 {
			return c.misused(t, "it takes no argument %q: name the file with -config", rest[0])
		}
		cfg, ok := load(t, *path, *overrides)
		if !ok {
			return exitUsage
		}
		if err := cfg.WriteTOML(t.out); err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		for _, w := range cfg.Warnings {
			fmt.Fprintf(t.err, "warning: %s\n", w)
		}
		return exitOK
	}
	return c
}
