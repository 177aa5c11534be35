package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
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
		at, code := o.access(t, fs)
		if code != exitOK {
			return code
		}
		l := &listener{out: t.out, err: t.err, access: at, followed: followed{topics: o.topics}, left: o.count, forEver: o.count == 0, asJSON: o.asJSON}
		if err := l.run(ctx); err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		return exitOK
	}
	return c
}

type listenOptions struct {
	clientOptions
	count  int
	asJSON bool
}

func listenFlags(fs *flag.FlagSet) *listenOptions {
	o := &listenOptions{}
	o.flags(fs)
	fs.Var(&o.topics, "topic", "a `topic`; may be repeated")
	fs.IntVar(&o.count, "n", 0, "end after so many `messages`; 0 is never")
	fs.BoolVar(&o.asJSON, "json", false, "print each frame as it came")
	return o
}

func (o *listenOptions) check(fs *flag.FlagSet) error {
	switch {
	case len(o.topics) == 0:
		return errors.New("name a topic")
	case o.count < 0:
		return fmt.Errorf("-n %d: it is a number of messages", o.count)
	}
	return o.clientOptions.check(fs)
}
