package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/driplet/driplet/core/auth"
)

func tokenCommand() command {
	c := command{
		name:    "token",
		summary: "print a token with which a client may connect",
		help: `
Signs a JWT (HS256) with the endpoint's JWTSecret. What targets look at stands
in the claim "custom": the user under the endpoint's UserClaim, roles under
"roles". The value of -claim is JSON if it reads as JSON, else a text; a claim
given several times is a list.

Examples:
  driplet token -uid 7
  driplet token -uid 7 -role editor -role staff -ttl 24h
  driplet token -claim tenant=acme -claim age=41 -topic 'orders.*'
  wscat -c "ws://127.0.0.1:4719/ws/default?v=2&token=$(driplet token -uid 7)"
`,
	}
	c.run = func(_ context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		path := configFlag(fs)
		name := fs.String("endpoint", "", "the endpoint's `name` (default: the only one, or \"default\")")
		uid := fs.String("uid", "", "the `user`; none is anonymous")
		ttl := fs.Duration("ttl", time.Hour, "valid for this `duration`; 0 is for ever")
		var roles, claims, topics, publish repeated
		fs.Var(&roles, "role", "a `role` of the user; may be repeated")
		fs.Var(&claims, "claim", "another claim, `key=value`; may be repeated")
		fs.Var(&topics, "topic", "a `pattern` of topics that a rule \"token\" lets subscribe; may be repeated")
		fs.Var(&publish, "publish", "a `pattern` of topics to which the client may publish; may be repeated")
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) > 0 {
			return c.misused(t, "it takes no argument %q", rest[0])
		}
		if *ttl < 0 {
			return c.misused(t, "-ttl %s has passed already", *ttl)
		}
		cfg, ok := load(t, *path, nil)
		if !ok {
			return exitUsage
		}
		e, ok := endpoint(t, cfg, *name)
		if !ok {
			return exitUsage
		}
		if len(e.JWTKeys) == 0 {
			fmt.Fprintf(t.err, "driplet: endpoint '%s' has no JWTSecret to sign with\n", e.Name)
			return exitUsage
		}
		custom, err := pairs(claims)
		if err != nil {
			return c.misused(t, "-claim %v", err)
		}
		if *uid != "" {
			custom[e.UserClaim] = userValue(*uid)
		}
		if len(roles) > 0 {
			custom["roles"] = []string(roles)
		}
		token, err := auth.Mint(e.JWTKeys[0].Secret, tokenClaims(custom, topics, publish, *ttl, time.Now()))
		if err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		fmt.Fprintln(t.out, token)
		return exitOK
	}
	return c
}

func tokenClaims(custom map[string]any, topics, publish []string, ttl time.Duration, now time.Time) map[string]any {
	claims := map[string]any{"iat": now.Unix(), "custom": custom}
	if ttl > 0 {
		claims["exp"] = now.Add(ttl).Unix()
	}
	if len(topics) > 0 {
		claims["topics"] = topics
	}
	if len(publish) > 0 {
		claims["publish"] = publish
	}
	return claims
}

// userValue keeps a plain number a number, as backends send it.
func userValue(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(n, 10) == s {
		return n
	}
	return s
}

// pairs reads key=value; a key given several times becomes a list.
func pairs(list []string) (map[string]any, error) {
	out := map[string]any{}
	seen := map[string]int{}
	for _, pair := range list {
		key, text, found := strings.Cut(pair, "=")
		if !found || key == "" {
			return nil, fmt.Errorf("%q: write key=value", pair)
		}
		value := jsonOrText(text)
		switch seen[key]++; seen[key] {
		case 1:
			out[key] = value
		case 2:
			out[key] = []any{out[key], value}
		default:
			out[key] = append(out[key].([]any), value)
		}
	}
	return out, nil
}
