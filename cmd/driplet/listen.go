package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/driplet/driplet/cmd/driplet/bench"
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
)

func listenCommand() command {
	c := command{
		name:    "listen",
		args:    "[TOPIC...]",
		summary: "print the messages of topics as they come",
		help: `
Connects as a client and prints a line for each message: time, topic, event and
JSON; with -json the frame as it came. When the connection is lost it connects
again and says so on standard error. Messages in between follow where the topic
keeps a history, and are not shown where it keeps none.

With the configuration, or -jwt-secret, it signs its own token, as 'driplet
token' does; with -token it uses that one. Ctrl-C, or -n messages, end it.

Examples:
  driplet listen news
  driplet listen -uid 7 -role editor -topic news -topic user.7
  driplet listen -n 1 -json orders
  driplet listen -url wss://example.com/rt/ws/default -token "$TOKEN" news
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		o := listenFlags(fs)
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		o.topics = append(o.topics, rest...)
		if err := o.check(fs); err != nil {
			return c.misused(t, "%v", err)
		}
		l := &listener{out: t.out, err: t.err, followed: followed{topics: o.topics}, left: o.count, forEver: o.count == 0, asJSON: o.asJSON}
		if code := o.server(t, fs, l); code != exitOK {
			return code
		}
		if err := l.run(ctx); err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		return exitOK
	}
	return c
}

type listenOptions struct {
	config, url, name     string
	token, secret         string
	uid                   string
	roles, claims, topics repeated
	count                 int
	asJSON                bool
}

func listenFlags(fs *flag.FlagSet) *listenOptions {
	o := clientFlags(fs)
	fs.Var(&o.topics, "topic", "a `topic`; may be repeated")
	fs.IntVar(&o.count, "n", 0, "end after so many `messages`; 0 is never")
	fs.BoolVar(&o.asJSON, "json", false, "print each frame as it came")
	return o
}

// clientFlags say where to connect, and as whom.
func clientFlags(fs *flag.FlagSet) *listenOptions {
	o := &listenOptions{}
	fs.StringVar(&o.config, "config", defaultConfig, "take address and secret from this `file`")
	fs.StringVar(&o.url, "url", "", "the server or its WebSocket, such as `ws://127.0.0.1:4719/ws/default`, in place of -config")
	fs.StringVar(&o.token, "token", "", "connect with this `JWT`")
	fs.StringVar(&o.secret, "jwt-secret", "", "the endpoint's `JWTSecret`, with -url (or DRIPLET_JWT_SECRET)")
	fs.StringVar(&o.name, "endpoint", "", "the endpoint's `name` (default: the only one, or \"default\")")
	fs.StringVar(&o.uid, "uid", "", "connect as this `user`; none is anonymous")
	fs.Var(&o.roles, "role", "a `role` of the user; may be repeated")
	fs.Var(&o.claims, "claim", "another claim, `key=value`; may be repeated")
	return o
}

func (o *listenOptions) check(fs *flag.FlagSet) error {
	switch {
	case len(o.topics) == 0:
		return errors.New("name a topic")
	case o.count < 0:
		return fmt.Errorf("-n %d: it is a number of messages", o.count)
	}
	return o.checkClient(fs)
}

// checkClient checks what clientFlags has read, and the topics.
func (o *listenOptions) checkClient(fs *flag.FlagSet) error {
	given := givenFlags(fs)
	switch {
	case given["url"] && given["config"]:
		return errors.New("choose -config or -url")
	case o.token != "" && (o.secret != "" || o.uid != "" || len(o.roles)+len(o.claims) > 0):
		return errors.New("-token says who you are: leave out -jwt-secret, -uid, -role and -claim")
	}
	for _, topic := range o.topics {
		if err := core.CheckTopic(topic); err != nil {
			return fmt.Errorf("-topic: %s", core.AsError(err).Message)
		}
	}
	if _, err := pairs(o.claims); err != nil {
		return fmt.Errorf("-claim %w", err)
	}
	return nil
}

// server tells l where to connect, and how it gets its tokens.
func (o *listenOptions) server(t *terminal, fs *flag.FlagSet, l *listener) int {
	at, code := t.find(fs, o.url, o.config, o.name)
	if code != exitOK {
		return code
	}
	if o.token == "" {
		o.secret = firstOf(o.secret, at.jwtSecret)
	}
	_, webSocket, _, err := bench.Server(at.address, at.endpoint)
	if err != nil {
		fmt.Fprintf(t.err, "driplet: %v\n", err)
		return exitUsage
	}
	if o.token == "" && o.secret == "" {
		fmt.Fprintln(t.err, "driplet: there is no token: give -token, or -jwt-secret to sign one with, or set the endpoint's JWTSecret")
		return exitUsage
	}
	l.url, l.token = webSocket, func() (string, error) { return o.newToken(firstOf(at.userClaim, auth.DefaultUserClaim)) }
	l.renews = o.token == ""
	return exitOK
}

// newToken signs a token that may hear the topics, as far as tokens decide.
func (o *listenOptions) newToken(userClaim string) (string, error) {
	if o.token != "" {
		return strings.TrimSpace(o.token), nil
	}
	custom, err := pairs(o.claims)
	if err != nil {
		return "", err
	}
	if o.uid != "" {
		custom[userClaim] = userValue(o.uid)
	}
	if len(o.roles) > 0 {
		custom["roles"] = []string(o.roles)
	}
	return auth.Mint(o.secret, tokenClaims(custom, o.topics, nil, time.Hour, time.Now()))
}
