package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/transport/client"
)

// listener prints what comes on topics, over one connection after another.
type listener struct {
	out, err io.Writer
	access
	followed
	left    int // messages to print
	forEver bool
	asJSON  bool
}

// The wait before the next connection (wire/PROTOCOL.md, "Reconnect").
const (
	firstWait  = 500 * time.Millisecond
	longestTry = 30 * time.Second
	steadyFor  = time.Minute // a connection that stood so long starts the waits anew
)

// run listens until ctx ends, enough has come, or the server says that it is
// no use.
func (l *listener) run(ctx context.Context) error {
	wait, stood := firstWait, false
	for {
		start := time.Now()
		heard, err := l.connection(ctx)
		switch {
		case ctx.Err() != nil, err == nil:
			return nil
		case !l.again(err, stood || heard):
			return err
		}
		stood = stood || heard
		if time.Since(start) > steadyFor {
			wait = firstWait
		}
		wait = min(firstWait+rand.N(3*wait-firstWait), longestTry)
		fmt.Fprintf(l.err, "driplet: %v; connecting again in %s\n", err, wait.Round(100*time.Millisecond))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// again reports whether to connect again after err. The very first connection
// must succeed: what is wrong then is for the user to mend.
func (l *listener) again(err error, stood bool) bool {
	var how *client.Closed
	var refusal *core.Error
	if !stood {
		return false
	}
	switch closed := errors.As(err, &how); {
	case errors.As(err, &refusal):
		return refusal.Retry || l.renews && refusal.Code == core.CodeExpired
	case closed && how.Code == core.CloseExpired:
		return l.renews
	case closed:
		return how.ComeBack()
	}
	return true // the network's
}

// errEnough ends a connection after the last message that was asked for.
var errEnough = errors.New("enough")

// connection subscribes and prints until the connection ends; a nil error says
// that enough has come. heard: it was subscribed.
func (l *listener) connection(ctx context.Context) (heard bool, err error) {
	token, err := l.token()
	if err != nil {
		return false, err
	}
	ended := make(chan error, 1)
	stop := func(err error) {
		select {
		case ended <- err:
		default:
		}
	}
	answers := make(chan error, len(l.topics))
	waiting := len(l.topics) // of the reading goroutine alone
	d := client.Dialer{Hear: func(c *client.Conn, f *client.Frame) {
		if topic, ok := l.answered(f); ok && waiting > 0 {
			waiting--
			l.begin(topic, f)
			answers <- refused(topic, f)
		} else if err := l.hear(c, f); err != nil {
			stop(err)
		}
	}, Closed: func(how *client.Closed) { stop(how) }}
	c, err := d.Dial(ctx, l.url, token)
	if err != nil {
		return false, err
	}
	defer c.Close()
	for i := range l.topics {
		if err := l.subscribe(c, i); err != nil {
			return false, err
		}
	}
	for range l.topics {
		select {
		case err = <-answers:
		case err = <-ended:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			return false, err
		}
	}
	fmt.Fprintf(l.err, "driplet: listening to %s at %s\n", strings.Join(l.topics, ", "), l.url)
	select {
	case err = <-ended:
	case <-ctx.Done():
		return true, ctx.Err()
	}
	if errors.Is(err, errEnough) {
		return true, nil
	}
	return true, err
}

// hear prints a message and does what other frames ask.
func (l *listener) hear(c *client.Conn, f *client.Frame) error {
	switch f.Type {
	case "message":
		l.note(f.Topic, f)
		return l.print(f)
	case "reply":
		if topic, ok := l.answered(f); ok {
			l.begin(topic, f)
		}
	case "unsubscribed":
		if f.Reason == core.ReasonGap {
			return l.resume(c, f.Topic) // from where it stands
		}
		fmt.Fprintf(l.err, "driplet: unsubscribed from %s%s\n", f.Topic, because(f.Reason))
	case "subscribed":
		fmt.Fprintf(l.err, "driplet: subscribed to %s%s\n", f.Topic, because(f.Reason))
	case "error":
		if f.Error != nil {
			fmt.Fprintf(l.err, "driplet: %s (%s)\n", f.Error.Message, f.Error.Code)
		}
	case "expiring":
		if !l.renews {
			fmt.Fprintf(l.err, "driplet: the token ends in %d s, and the server will close the connection then\n", f.In)
			return nil
		}
		token, err := l.token()
		if err != nil {
			return err
		}
		return c.Send(client.Request{Type: "refresh", Token: token})
	}
	return nil
}

// begin goes on from where a subscription has begun, and says so when that is
// not where it ended.
func (l *listener) begin(topic string, reply *client.Frame) {
	l.note(topic, reply)
	if reply.Recovered != nil && !*reply.Recovered {
		fmt.Fprintf(l.err, "driplet: messages on %s were missed: its history does not reach back to the last one\n", topic)
	}
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func (l *listener) print(f *client.Frame) error {
	if !l.forEver && l.left == 0 {
		return nil
	}
	line := string(f.Raw)
	if !l.asJSON {
		event := f.Event
		if event == "" {
			event = core.DefaultEventName
		}
		line = fmt.Sprintf("%s  %s  %s  %s", time.Now().Format("15:04:05.000"), f.Topic, event, visible(string(f.Message)))
	}
	if _, err := io.WriteString(l.out, line+"\n"); err != nil {
		return fmt.Errorf("the message cannot be printed: %w", err)
	}
	if l.left--; l.left == 0 && !l.forEver {
		return errEnough
	}
	return nil
}
