package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/driplet/driplet/plugins"
)

func pluginNewCommand() command {
	c := command{
		name:    "plugin new",
		args:    "NAME",
		summary: "start a plugin of your own: manifest, source, guest library, test case",
		help: `
Writes a new folder named NAME. Everything comes out of this binary, so that the
guest library always fits its server. The README in the folder tells what is in
it; then 'driplet plugin build', 'driplet plugin test' and 'driplet plugin run'
make, check and try it, and 'driplet plugin push' brings it to a server. js, ts
and as are short for three of the languages.

Examples:
  driplet plugin new -lang ts quiz
  driplet plugin new -lang go -dir plugins/quiz quiz
`,
	}
	c.run = func(_ context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		languages := strings.Join(plugins.Languages(), ", ")
		lang := fs.String("lang", "", "the `language`: "+languages)
		dir := fs.String("dir", "", "write into this `folder`, new or empty (default: NAME)")
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		switch {
		case len(rest) != 1:
			return c.misused(t, "it takes one name, not %d", len(rest))
		case *lang == "":
			return c.misused(t, "choose a language with -lang: %s", languages)
		}
		if err := plugins.CheckScaffold(*lang, rest[0]); err != nil {
			return c.misused(t, "%v", err)
		}
		if *dir == "" {
			*dir = rest[0]
		}
		if err := plugins.Scaffold(*dir, *lang, rest[0]); err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		fmt.Fprintf(t.out, "%s is ready: %s tells how to build and try it\n", *dir, filepath.Join(*dir, "README.md"))
		return exitOK
	}
	return c
}
