package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
)

// clientOptions say where a command connects as a client does, as whom, and to
// which topics.
type clientOptions struct {
	config, url, name     string
	token, secret         string
	uid                   string
	roles, claims, topics repeated
}

// flags adds what says where and as whom; topics are each command's own.
func (o *clientOptions) flags(fs *flag.FlagSet) {
	fs.StringVar(&o.config, "config", defaultConfig, "take address and secret from this `file`")
	fs.StringVar(&o.url, "url", "", "the server or its WebSocket, such as `ws://127.0.0.1:4719/ws/default`, in place of -config")
	fs.StringVar(&o.token, "token", "", "connect with this `JWT`")
	fs.StringVar(&o.secret, "jwt-secret", "", "the endpoint's `JWTSecret`, with -url (or DRIPLET_JWT_SECRET)")
	fs.StringVar(&o.name, "endpoint", "", "the endpoint's `name` (default: the only one, or \"default\")")
	fs.StringVar(&o.uid, "uid", "", "connect as this `user`; none is anonymous")
	fs.Var(&o.roles, "role", "a `role` of the user; may be repeated")
	fs.Var(&o.claims, "claim", "another claim, `key=value`; may be repeated")
}

// check says what is wrong with them before anything is asked.
func (o *clientOptions) check(fs *flag.FlagSet) error {
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

// access is where a command connects as a client does, and with which tokens.
type access struct {
	url    string
	token  func() (string, error)
	renews bool // token gives a new one each time
}

// access finds the server and who signs. What is wrong it says itself, and
// returns the exit code.
func (o *clientOptions) access(t *terminal, fs *flag.FlagSet) (a access, code int) {
	at, code := t.find(fs, o.url, o.config, o.name)
	if code != exitOK {
		return a, code
	}
	if o.token == "" {
		o.secret = firstOf(o.secret, at.jwtSecret)
	}
	_, webSocket, _, err := endpointURLs(at.address, at.endpoint)
	if err != nil {
		fmt.Fprintf(t.err, "driplet: %v\n", err)
		return a, exitUsage
	}
	if o.token == "" && o.secret == "" {
		fmt.Fprintln(t.err, "driplet: there is no token: give -token, or -jwt-secret to sign one with, or set the endpoint's JWTSecret")
		return a, exitUsage
	}
	return access{
		url: webSocket, renews: o.token == "",
		token: func() (string, error) { return o.newToken(firstOf(at.userClaim, auth.DefaultUserClaim)) },
	}, exitOK
}

// newToken signs a token that may hear the topics, as far as tokens decide.
func (o *clientOptions) newToken(userClaim string) (string, error) {
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
