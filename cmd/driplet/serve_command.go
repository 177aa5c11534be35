package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/driplet/driplet/cmd/driplet/config"
)

func serveCommand() command {
	c := command{
		name:    "serve",
		summary: "run the server",
		help: `
The configuration is a TOML file; DRIPLET_* variables beat it, flags beat both.
A file that does not exist is written, with random secrets. SIGINT or SIGTERM
ends the server in order, a second one at once. Plugins that change in PluginDir
are reloaded without a restart; SIGHUP looks at them at once, and ends the
server in order where there is no PluginDir.

Examples:
  driplet serve
  driplet serve -config /etc/driplet/config.toml
  driplet serve -port 6001 -data /var/lib/driplet
  driplet serve -set Endpoints.default.Plugins=chat,analytics
  DRIPLET_GLOBAL_BINDADDRESS=0.0.0.0 driplet serve

'driplet -config config.toml' is short for 'driplet serve -config config.toml'.
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		path := configFlag(fs)
		overrides := config.Flags(fs)
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) > 0 {
			return c.misused(t, "it takes no argument %q", rest[0])
		}
		created, err := config.Create(*path)
		if err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitUsage
		}
		if created {
			fmt.Fprintf(t.out, "%s is new: it has one endpoint, 'default', with random secrets\n", *path)
		}
		cfg, ok := load(t, *path, *overrides)
		if !ok {
			return exitUsage
		}
		log, closeLog, err := newLogger(t, cfg)
		if err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitUsage
		}
		defer closeLog()
		for _, w := range cfg.Warnings {
			log.Warn(w)
		}
		if err := serve(ctx, cfg, log, t.out); err != nil {
			log.Error("the server ended", "error", err)
			if cfg.Global.LogFile != "" {
				fmt.Fprintf(t.err, "driplet: %v\n", err)
			}
			return exitFailure
		}
		return exitOK
	}
	return c
}

// newLogger writes to LogFile, or standard error; closeLog closes the file.
func newLogger(t *terminal, cfg *config.Config) (log *slog.Logger, closeLog func() error, err error) {
	var w io.Writer = t.err
	closeLog = func() error { return nil }
	if name := cfg.Global.LogFile; name != "" {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
		if err != nil {
			return nil, nil, fmt.Errorf("the log cannot be written, see Global.LogFile: %w", err)
		}
		w, closeLog = f, f.Close
	}
	level := slog.LevelInfo
	if cfg.Global.Debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})), closeLog, nil
}
