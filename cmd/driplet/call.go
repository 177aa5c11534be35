package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/transport/client"
)

func callCommand() command {
	c := command{
		name:    "call",
		args:    "EVENT [DATA|-]",
		summary: "send an event as a client does, and print the answer",
		help: `
Connects as a client, subscribes to the topics named with -topic, sends the
event to whatever handles it (a plugin, a callback) and prints the answer, JSON
on a line. DATA is sent as it is if it is JSON, else as a JSON string; - reads
it from standard input. A refusal goes to standard error, and the exit code is
1.

With the configuration, or -jwt-secret, it signs its own token, as 'driplet
token' does; with -token it uses that one.

Examples:
  driplet call -uid 7 -topic chat.lobby chat.send '{"room":"lobby","text":"hi"}'
  driplet call -url ws://127.0.0.1:4719/ws/default -token "$TOKEN" quiz.start
`,
	}
	c.run = func(ctx context.Context, t *terminal, args []string) int {
		fs := c.flagSet()
		o := &clientOptions{}
		o.flags(fs)
		fs.Var(&o.topics, "topic", "subscribe to this `topic` first; may be repeated")
		timeout := fs.Duration("timeout", 30*time.Second, "wait so `long` for the answer")
		rest, code, done := c.parse(t, fs, args)
		if done {
			return code
		}
		if len(rest) < 1 || len(rest) > 2 {
			return c.misused(t, "it takes an event's name and its data, not %d arguments", len(rest))
		}
		if err := core.CheckEventName(rest[0]); err != nil {
			return c.misused(t, "%s", core.AsError(err).Message)
		}
		if err := o.check(fs); err != nil {
			return c.misused(t, "%v", err)
		}
		request := client.Request{Type: "event", Event: rest[0]}
		if len(rest) == 2 {
			message, err := readMessage(t.in, rest[1])
			if err != nil {
				fmt.Fprintf(t.err, "driplet: %v\n", err)
				return exitFailure
			}
			request.Data = json.RawMessage(jsonOf(message))
		}
		at, code := o.access(t, fs)
		if code != exitOK {
			return code
		}
		ctx, cancel := context.WithTimeout(ctx, *timeout)
		defer cancel()
		answer, err := at.call(ctx, o.topics, request)
		if err != nil {
			fmt.Fprintf(t.err, "driplet: %v\n", err)
			return exitFailure
		}
		io.WriteString(t.out, visible(string(answer))+"\n")
		return exitOK
	}
	return c
}

// call subscribes and sends one request over a connection of its own.
func (a access) call(ctx context.Context, topics []string, request client.Request) (json.RawMessage, error) {
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	c, err := client.Dial(ctx, a.url, token)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for _, topic := range topics {
		if _, err := c.Request(ctx, client.Request{Type: "subscribe", Topic: topic}); err != nil {
			return nil, fmt.Errorf("subscribing to %s: %w", topic, named(err))
		}
	}
	f, err := c.Request(ctx, request)
	if err != nil {
		return nil, named(err)
	}
	if len(f.Data) == 0 {
		return json.RawMessage("null"), nil
	}
	return f.Data, nil
}

// named adds a refusal's code to its text.
func named(err error) error {
	var refusal *core.Error
	if errors.As(err, &refusal) {
		return fmt.Errorf("%s (%s)", refusal.Message, refusal.Code)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer came in time: -timeout waits longer")
	}
	return err
}
