package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/driplet/driplet/cmd/driplet/bench"
	"github.com/driplet/driplet/core"
)

func benchCommand() command {
	c := command{
		name:    "bench",
		summary: "measure a server: connections, deliveries, latency",
		help: `
Connects many clients, subscribes them, publishes, and counts and times what
arrives; with -events, clients send events to a plugin and wait for the answer.
Says on standard error what goes on, and prints a table and a histogram, or with
-json one JSON object. Ctrl-C ends it early and prints what was measured.

Client and server share the machine when the server runs here: then the figures
are those of both together, and the table says how much of it the client used.

-rate sends so many a second and shows latency; -window keeps so many under way
and shows what the server can do. Users, and without -topic the topics, are made
up for this run. The server's limits count: ConnectionsPerAddress is 200 unless
its configuration says more.

Any other host than this one needs -yes: a load test is for your own server.
Exit code 1 says that something was refused, lost, repeated or cut off.

Examples:
  driplet bench -connections 200
  driplet bench -connections 5000 -window 16 -duration 20s
  driplet bench -connections 5000 -window 16 -targeted
  driplet bench -connections 100 -events chat.rooms -data '{}' -rate 500
  driplet bench -connections 5000 -duration 0
  driplet bench -url https://example.com/rt -endpoint shop -yes -json
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		o := benchFlags(fs)
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) > 0 {
			return c.misused(t, "it takes no argument %q", rest[0])
		}
		if err := o.complete(fs); err != nil {
			return c.misused(t, "%v", err)
		}
		if code := o.server(t, fs); code != exitOK {
			return code
		}
		return o.measure(ctx, t)
	}
	return c
}

type benchOptions struct {
	plan              bench.Plan
	config, url, name string
	data              string
	asJSON, yes       bool
}

func benchFlags(fs *flag.FlagSet) *benchOptions {
	o := &benchOptions{}
	p := &o.plan
	fs.StringVar(&o.config, "config", defaultConfig, "take address and secrets from this `file`")
	fs.StringVar(&o.url, "url", "", "the server, such as `http://127.0.0.1:4719`, in place of -config")
	fs.StringVar(&p.APISecret, "api-secret", "", "the endpoint's `APISecret`, with -url (or DRIPLET_API_SECRET)")
	fs.StringVar(&p.JWTSecret, "jwt-secret", "", "the endpoint's `JWTSecret`, with -url (or DRIPLET_JWT_SECRET)")
	fs.StringVar(&p.UserClaim, "user-claim", "", "the endpoint's `UserClaim`, with -url (default \"uid\")")
	fs.StringVar(&o.name, "endpoint", "", "the endpoint's `name` (default: the only one, or \"default\")")
	fs.IntVar(&p.Connections, "connections", 1000, "how many clients connect")
	fs.IntVar(&p.Topics, "topics", 1, "spread the clients over so many topics")
	fs.StringVar(&p.Topic, "topic", "", "the topic's `name`; with several, its first part")
	fs.Float64Var(&p.Rate, "rate", 0, "messages or events a second (default 20)")
	fs.IntVar(&p.Window, "window", 0, "in place of -rate: messages or events under way at any time")
	fs.DurationVar(&p.Duration, "duration", 10*time.Second, "send for this `time`; 0 only connects")
	fs.IntVar(&p.Size, "size", 200, "bytes of a message, or of an event's data")
	fs.IntVar(&p.Publishers, "publishers", 1, "so many publish at the same time, each over a connection of its own")
	fs.BoolVar(&p.Targeted, "targeted", false, "address each message to one of the users")
	fs.StringVar(&p.Event, "events", "", "send events of this `name` to the plugin that handles it, instead of publishing")
	fs.StringVar(&o.data, "data", "", "the events' data, `JSON` (default: a text of -size bytes)")
	fs.BoolVar(&o.asJSON, "json", false, "print one JSON object")
	fs.BoolVar(&o.yes, "yes", false, "the server is on another host, and may be put under load")
	return o
}

// defaultRate is what a person sees as a stream.
const defaultRate = 20

// complete fills in defaults that depend on each other, and checks.
func (o *benchOptions) complete(fs *flag.FlagSet) error {
	given := givenFlags(fs)
	p := &o.plan
	switch {
	case given["rate"] && given["window"]:
		return errors.New("choose -rate or -window: so many a second, or so many under way")
	case given["url"] && given["config"]:
		return errors.New("choose -config or -url")
	case !given["rate"] && !given["window"]:
		p.Rate = defaultRate
	}
	if o.data != "" {
		if p.Event == "" {
			return errors.New("-data goes with -events")
		}
		data, err := core.CompactJSON(nil, []byte(o.data))
		if err != nil {
			return fmt.Errorf("-data: %s", core.AsError(err).Message)
		}
		p.Data = data
	}
	if p.Event != "" {
		if err := core.CheckEventName(p.Event); err != nil {
			return fmt.Errorf("-events: %s", core.AsError(err).Message)
		}
	}
	if p.Topic != "" {
		if err := core.CheckTopic(p.Topic); err != nil {
			return fmt.Errorf("-topic: %s", core.AsError(err).Message)
		}
	}
	return p.Check()
}

// server fills in where to connect, and with which secrets.
func (o *benchOptions) server(t *terminal, fs *flag.FlagSet) int {
	p := &o.plan
	at, code := t.find(fs, o.url, o.config, o.name)
	if code != exitOK {
		return code
	}
	p.APISecret, p.JWTSecret = firstOf(p.APISecret, at.apiSecret), firstOf(p.JWTSecret, at.jwtSecret)
	p.UserClaim = firstOf(p.UserClaim, at.userClaim)
	var err error
	p.API, p.WebSocket, p.Endpoint, err = endpointURLs(at.address, at.endpoint)
	switch {
	case err != nil:
		fmt.Fprintf(t.err, "driplet: %v\n", err)
	case p.JWTSecret == "":
		fmt.Fprintln(t.err, "driplet: there is no secret to sign tokens with: give -jwt-secret or DRIPLET_JWT_SECRET, or set the endpoint's JWTSecret")
	case p.APISecret == "" && p.Event == "" && p.Duration > 0:
		fmt.Fprintln(t.err, "driplet: there is no secret to publish with: give -api-secret or DRIPLET_API_SECRET, or set the endpoint's APISecret")
	case !o.yes && !isLoopback(p.WebSocket):
		fmt.Fprintf(t.err, "driplet: %s is not this machine: say -yes if that server is yours to put under load\n", p.WebSocket)
	default:
		return exitOK
	}
	return exitUsage
}

func isLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (o *benchOptions) measure(ctx context.Context, t *terminal) int {
	o.plan.Progress = t.err
	result, err := bench.Run(ctx, o.plan)
	if result != nil {
		if err := o.print(t, result); err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
	}
	switch {
	case err != nil:
		fmt.Fprintf(t.err, "driplet: %v\n", err)
		return exitFailure
	case !result.OK():
		return exitFailure
	}
	return exitOK
}

func (o *benchOptions) print(t *terminal, result *bench.Result) error {
	if o.asJSON {
		return json.NewEncoder(t.out).Encode(result)
	}
	return result.WriteTable(t.out)
}
