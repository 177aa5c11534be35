package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/driplet/driplet/cmd/driplet/config"
)

func secretsRotateCommand() command {
	c := command{
		name:    "secrets rotate",
		summary: "give the endpoints new secrets, keeping the old ones valid for now",
		help: `
Writes new random secrets into the file. What they replace becomes
APISecretPrevious or JWTSecretPrevious, so that backends and tokens in use go on
working until you have given the new ones to your backend. A secret that the old
server published is dropped at once. All else in the file stays as it is.

Examples:
  driplet secrets rotate
  driplet secrets rotate -config /etc/driplet/config.toml -endpoint shop --api
`,
	}
	c.run = func(_ context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		path := configFlag(fs)
		name := fs.String("endpoint", "", "only this endpoint, by `name`")
		api := fs.Bool("api", false, "only APISecret")
		jwt := fs.Bool("jwt", false, "only JWTSecret")
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) > 0 {
			return c.misused(t, "it takes no argument %q", rest[0])
		}
		r := config.Rotation{Endpoint: *name, API: *api || !*jwt, JWT: *jwt || !*api}
		changed, err := config.Rotate(*path, r)
		if err != nil {
			fmt.Fprintf(t.err, "driplet: the secrets are unchanged: %v\n", err)
			var wrong config.Errors
			if errors.As(err, &wrong) {
				return exitUsage
			}
			return exitFailure
		}
		explainRotation(t, *path, changed)
		return exitOK
	}
	return c
}

func explainRotation(t *terminal, path string, changed []config.Rotated) {
	kept := false
	for _, r := range changed {
		what := "the old one stays valid as " + r.Key + "Previous"
		if !r.Kept {
			what = "the old one is no longer valid"
		}
		kept = kept || r.Kept
		fmt.Fprintf(t.out, "Endpoints.%s.%s is new; %s\n", r.Endpoint, r.Key, what)
	}
	fmt.Fprintf(t.out, "\nNext:\n  1. restart driplet, so that it reads %s\n  2. copy the new secrets from %s to your backend\n", path, path)
	if kept {
		fmt.Fprintln(t.out, "  3. when nothing uses the old ones any more, remove the …Previous lines and restart again")
	}
}
