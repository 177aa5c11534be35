package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
)

func publishCommand() command {
	c := command{
		name:    "publish",
		args:    "MESSAGE|-",
		summary: "send a message to a topic",
		help: `
MESSAGE is sent as it is if it is JSON, else as a JSON string; - reads it from
standard input. It goes to every subscriber of the topic, or to those whose
claims match: all "exclude" say no, then one "include" must say yes. The
server's address and secret come from the configuration, or from -url and
-secret, or from DRIPLET_URL and DRIPLET_API_SECRET.

Examples:
  driplet publish -topic news '{"text":"hello"}'
  driplet publish -topic news -include roles=editor -exclude uid=7 'for editors'
  driplet publish -topic orders -event paid -id order-41-paid '{"order":41}'
  date | driplet publish -topic clock -
  driplet publish -url https://a.example/api/default -secret "$S" -topic news hi
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		p := publishFlags(fs)
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) != 1 {
			return c.misused(t, "it takes one message, not %d: put it in quotes", len(rest))
		}
		if err := core.CheckTopic(p.topic); err != nil {
			return c.misused(t, "-topic: %s", core.AsError(err).Message)
		}
		to, code := p.destination(t)
		if code != exitOK {
			return code
		}
		message, err := readMessage(t.in, rest[0])
		if err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		target, err := p.target()
		if err != nil {
			return c.misused(t, "%v", err)
		}
		answer, err := post(ctx, to, publication{
			Nonce: auth.NewSecret(), Timestamp: time.Now().Unix(), Message: message, Topic: p.topic,
			Target: target, Event: p.event, Except: p.except, ID: p.id,
		})
		if err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		fmt.Fprintln(t.out, answer.describe(p.topic, target != nil))
		return exitOK
	}
	return c
}

type publishOptions struct {
	fs                        *flag.FlagSet
	config, url, secret, name string
	topic, event, except, id  string
	include, exclude          repeated
}

func publishFlags(fs *flag.FlagSet) *publishOptions {
	p := &publishOptions{fs: fs}
	fs.StringVar(&p.config, "config", defaultConfig, "take address and secret from this `file`")
	fs.StringVar(&p.url, "url", "", "the endpoint's API, such as `http://127.0.0.1:4719/api/default`")
	fs.StringVar(&p.secret, "secret", "", "the endpoint's `APISecret`, with -url")
	fs.StringVar(&p.name, "endpoint", "", "the endpoint's `name` (default: the only one, or \"default\")")
	fs.StringVar(&p.topic, "topic", "", "the `topic`")
	fs.StringVar(&p.event, "event", "", "the event's `name` (default \"message\")")
	fs.Var(&p.include, "include", "only clients with this claim, `key=value`; may be repeated")
	fs.Var(&p.exclude, "exclude", "no clients with this claim, `key=value`; may be repeated")
	fs.StringVar(&p.except, "except", "", "not this `session`")
	fs.StringVar(&p.id, "id", "", "an idempotency `key`: the same again within 5 minutes is delivered once")
	return p
}

// target is nil for everybody.
func (p *publishOptions) target() (map[string]any, error) {
	if len(p.include)+len(p.exclude) == 0 {
		return nil, nil
	}
	out := map[string]any{}
	for _, side := range []struct {
		name  string
		pairs repeated
	}{{"include", p.include}, {"exclude", p.exclude}} {
		if len(side.pairs) == 0 {
			continue
		}
		rules, err := pairs(side.pairs)
		if err != nil {
			return nil, fmt.Errorf("-%s %w", side.name, err)
		}
		out[side.name] = rules
	}
	return out, nil
}

// destination is where to publish, and with which secret.
func (p *publishOptions) destination(t *terminal) (destination, int) {
	at, code := t.find(p.fs, p.url, p.config, p.name)
	if code != exitOK {
		return destination{}, code
	}
	if at.configured {
		at.address += "/api/" + at.endpoint
	}
	return checkDestination(t, at.address, firstOf(p.secret, at.apiSecret))
}

func checkDestination(t *terminal, address, secret string) (destination, int) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		fmt.Fprintf(t.err, "driplet: %q is not the URL of an endpoint's API, such as http://127.0.0.1:4719/api/default\n", address)
	case secret == "":
		fmt.Fprintln(t.err, "driplet: there is no secret to sign with: give -secret or DRIPLET_API_SECRET, or set the endpoint's APISecret")
	default:
		return destination{url: strings.TrimRight(address, "/") + "/message", secret: secret}, exitOK
	}
	return destination{}, exitUsage
}
