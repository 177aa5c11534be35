package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// overview is what 'driplet help' prints.
func overview(all []command) string {
	var b strings.Builder
	b.WriteString("Driplet is a push server: backends publish, browsers hear.\n\nUsage: driplet COMMAND [flags] [arguments]\n\n")
	for _, c := range all {
		fmt.Fprintf(&b, "  %-16s %s\n", c.name, c.summary)
	}
	b.WriteString(`
Try it out:     driplet demo
Start one:      driplet serve -config config.toml
Push to it:     driplet publish -config config.toml -topic news '{"text":"hello"}'
More on each:   driplet help COMMAND

Flags may have one dash or two. Exit codes: 0 done, 1 failed, 2 wrong usage or
configuration.
`)
	return b.String()
}

// help prints the overview, or what its arguments name.
func help(t *terminal, all []command, about []string) int {
	if len(about) == 0 {
		fmt.Fprint(t.out, overview(all))
		return exitOK
	}
	name := strings.Join(about, " ")
	for _, a := range topics() {
		if a.name == name {
			fmt.Fprint(t.out, a.text)
			return exitOK
		}
	}
	var group []command
	for _, c := range all {
		if c.name == name {
			return c.run(nil, t, []string{"-h"})
		}
		if groupOf([]command{c}, name) != "" {
			group = append(group, c)
		}
	}
	if len(group) == 0 {
		return unknownCommand(t, all, name)
	}
	for _, c := range group {
		fmt.Fprintf(t.out, "  driplet %-16s %s\n", c.name, c.summary)
	}
	for _, a := range topics() {
		if strings.HasPrefix(a.name, name+" ") {
			fmt.Fprintf(t.out, "  driplet help %-13s %s\n", a.name, a.summary)
		}
	}
	return exitOK
}

// groupOf is the first word of commands that have two, if it is word.
func groupOf(all []command, word string) string {
	for _, c := range all {
		if strings.HasPrefix(c.name, word+" ") {
			return word
		}
	}
	return ""
}

func isHelp(arg string) bool {
	return arg == "-h" || arg == "-help" || arg == "--help" || arg == "help"
}

// flagSet begins a command's flags.
func (c *command) flagSet() *flag.FlagSet {
	fs := flag.NewFlagSet("driplet "+c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // parse says it, once and to the right stream
	return fs
}

// parse reads a command's arguments; flags may stand before and after the
// others. done says that the command is over, with the exit code.
func (c *command) parse(t *terminal, fs *flag.FlagSet, args []string) (rest []string, code int, done bool) {
	for {
		switch err := fs.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			fmt.Fprint(t.out, c.usage(fs))
			return nil, exitOK, true
		case err != nil:
			return nil, c.misused(t, "%v", err), true
		}
		args = fs.Args()
		for len(args) > 0 && (args[0] == "-" || !strings.HasPrefix(args[0], "-")) {
			rest, args = append(rest, args[0]), args[1:]
		}
		if len(args) == 0 {
			return rest, exitOK, false
		}
	}
}

func (c *command) misused(t *terminal, format string, args ...any) int {
	fmt.Fprintf(t.err, "driplet %s: %s\n'driplet help %s' shows how it is used.\n", c.name, fmt.Sprintf(format, args...), c.name)
	return exitUsage
}

func (c *command) usage(fs *flag.FlagSet) string {
	var b strings.Builder
	usage := "driplet " + c.name
	flags := false
	fs.VisitAll(func(*flag.Flag) { flags = true })
	if flags {
		usage += " [flags]"
	}
	if c.args != "" {
		usage += " " + c.args
	}
	fmt.Fprintf(&b, "%s.\n\nUsage: %s\n\n%s", strings.ToUpper(c.summary[:1])+c.summary[1:], usage, strings.TrimLeft(c.help, "\n"))
	if flags {
		b.WriteString("\nFlags:\n")
		var list strings.Builder
		fs.SetOutput(&list)
		fs.PrintDefaults()
		fs.SetOutput(io.Discard)
		for line := range strings.Lines(list.String()) {
			b.WriteString(wrapped(line))
		}
	}
	return b.String()
}

// wrapped breaks a flag's description, which package flag puts behind a tab,
// so that it fits a terminal of 80 columns.
func wrapped(line string) string {
	const indent, width = "    \t", 72 // a tab goes to column 8
	text, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), indent)
	if !ok {
		return line
	}
	var b strings.Builder
	for len(text) > width {
		at := strings.LastIndexByte(text[:width+1], ' ')
		if at < 0 {
			break
		}
		b.WriteString(indent + text[:at] + "\n")
		text = text[at+1:]
	}
	return b.String() + indent + text + "\n"
}
