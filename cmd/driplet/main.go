// Driplet is a push server: backends publish, browsers hear.
//
// main knows the commands; what each does stands in a file of its own, and
// how the parts of the server fit together in serve.go.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/driplet/driplet/cmd/driplet/config"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1 // what was asked for did not happen
	exitUsage   = 2 // the command line or the configuration is wrong
)

// terminal is what a command sees of its process, so that tests can stand in.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	env      []string
}

// command is one word after "driplet". Flags and examples show in its help.
type command struct {
	name    string // "config check": two words make two levels
	args    string // behind the flags
	summary string // one line
	help    string // below the usage: what it does, and examples
	run     func(ctx context.Context, t *terminal, args []string) int
}

func commands() []command {
	return []command{
		serveCommand(), demoCommand(), configCheckCommand(), secretsRotateCommand(),
		tokenCommand(), publishCommand(), listenCommand(), callCommand(), benchCommand(),
		pluginNewCommand(), pluginBuildCommand(), pluginTestCommand(), pluginInspectCommand(), pluginRunCommand(),
		pluginPushCommand(), pluginRoutesCommand(), pluginTraceCommand(), pluginReplayCommand(),
		versionCommand(),
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
	}()
	t := &terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Environ()}
	os.Exit(run(ctx, t, os.Args[1:]))
}

// run finds the command. Flags without a command mean serve, as the old
// server had no commands.
func run(ctx context.Context, t *terminal, args []string) int {
	all := commands()
	if len(args) == 0 {
		fmt.Fprint(t.err, overview(all))
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return help(t, all, args[1:])
	case "-version", "--version":
		args = []string{"version"}
	}
	if strings.HasPrefix(args[0], "-") {
		args = append([]string{"serve"}, args...)
	}
	for _, c := range all {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return c.run(ctx, t, args[len(words):])
		}
	}
	if group := groupOf(all, args[0]); group != "" {
		if len(args) > 1 && !isHelp(args[1]) {
			return unknownCommand(t, all, strings.Join(args[:2], " "))
		}
		return help(t, all, args[:1])
	}
	return unknownCommand(t, all, args[0])
}

func unknownCommand(t *terminal, all []command, name string) int {
	names, group, word := []string{"help"}, "", name
	if first, second, two := strings.Cut(name, " "); two {
		names, group, word = nil, first+" ", second // the first word is right
	}
	for _, c := range all {
		if rest, ok := strings.CutPrefix(c.name, group); ok {
			names = append(names, rest)
		}
	}
	hint := fmt.Sprintf("'driplet %s' lists what there is", strings.TrimSpace("help "+group))
	if near := config.Nearest(word, names); near != "" {
		hint = fmt.Sprintf("did you mean 'driplet %s%s'?", group, near)
	}
	fmt.Fprintf(t.err, "driplet: there is no command '%s': %s\n", name, hint)
	return exitUsage
}
