package main

import (
	"context"
	"fmt"
	"runtime/debug"
)

func versionCommand() command {
	c := command{
		name:    "version",
		summary: "print the version, the commit and the Go release",
		help: `
Example:
  driplet version
`,
	}
	c.run = func(_ context.Context, t *terminal, args []string) int {
		rest, code, done := c.parse(t, c.flagSet(), args)
		if done {
			return code
		}
		if len(rest) > 0 {
			return c.misused(t, "it takes no argument %q", rest[0])
		}
		fmt.Fprintln(t.out, versionText())
		return exitOK
	}
	return c
}

// versionText is "driplet v1.2.3 (commit 0123456789ab, changed) go1.26".
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "driplet, built without module support"
	}
	commit, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) > 12:
			commit = " (commit " + s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = ", changed"
		}
	}
	if commit != "" {
		commit += changed + ")"
	}
	return fmt.Sprintf("driplet %s%s %s", info.Main.Version, commit, info.GoVersion)
}
