package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/driplet/driplet/cmd/driplet/demo"
	"github.com/driplet/driplet/core/server"
)

func demoCommand() command {
	c := command{
		name:    "demo",
		summary: "try it out: a chat and a live dashboard in the browser",
		help: `
Starts a server for this machine alone, with secrets and data that end with it,
and prints where to look and what to try. Needs no configuration. Its pages give
out tokens without a login: it is no server for others to reach.

Examples:
  driplet demo
  driplet demo -port 6001
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		port := fs.Int("port", 4719, "listen on this `port` of 127.0.0.1; 0 is any free one")
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) > 0 {
			return c.misused(t, "it takes no argument %q", rest[0])
		}
		if *port < 0 || *port > 65535 {
			return c.misused(t, "-port %d: a port is 0 to 65535", *port)
		}
		if err := runDemo(ctx, t.out, t.err, *port); err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		return exitOK
	}
	return c
}

func runDemo(ctx context.Context, stdout, stderr io.Writer, port int) (err error) {
	dir, err := os.MkdirTemp("", "driplet-demo-")
	if err != nil {
		return fmt.Errorf("the demo needs a folder for its data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg, err := demo.Configuration(port, dir)
	if err != nil {
		return err
	}
	p, err := demo.New(cfg.Endpoints[0], calledAs())
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	err = serveWith(ctx, cfg, log, pages{root: p, mounts: []server.Mount{{Path: "/demo/", Handler: p}}}, func(addresses []string) {
		_, port, _ := net.SplitHostPort(addresses[0])
		welcome(stdout, p, "http://localhost:"+port)
	})
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d is taken, perhaps by another driplet: end that one, or choose another port with '%s demo -port %d'", port, calledAs(), port+1)
	}
	return err
}

func welcome(w io.Writer, p *demo.Pages, base string) {
	fmt.Fprintf(w, `Driplet's demo is at  %[1]s

  chat        %[1]s/demo/chat/         open it in two tabs
  dashboard   %[1]s/demo/analytics/    then look at the other pages

With a page open, try this in another terminal: a message pops up in it.

  %[2]s

or, as any backend would do it:

  %[3]s

Ctrl+C ends it, and removes its data.
`, base, p.Publish(base), p.Curl(base))
}

// calledAs is how the user runs this program, to be repeated in a shell: 'go
// run' builds into a folder that is gone afterwards.
func calledAs() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./cmd/driplet"
	}
	return os.Args[0]
}
