package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core/transport"
)

// listen opens every address of the configuration, or none.
func listen(ctx context.Context, g *config.Global, log *slog.Logger) (out []net.Listener, err error) {
	defer func() {
		if err != nil {
			for _, l := range out {
				l.Close()
			}
			out = nil
		}
	}()
	var secure *tls.Config
	if g.TLSCertificate != "" {
		if secure, err = tlsConfig(g); err != nil {
			return nil, err
		}
	}
	for _, a := range g.Addresses() {
		l, err := transport.Listen(ctx, a, log)
		if err != nil {
			return out, fmt.Errorf("cannot listen on %s: %w (%s)", a, err, mendListen(err))
		}
		if secure != nil {
			l = transport.TLSListener(l, secure)
		}
		out = append(out, l)
	}
	return out, nil
}

// mendListen says what to do where listening failed.
func mendListen(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "is another server running there? choose another with -port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine does not have the address: choose one that it has with -bind, 0.0.0.0 is all of them"
	case errors.Is(err, syscall.EACCES):
		return "ports below 1024 need a right of their own: choose another with -port"
	}
	return "choose another address with -bind and -port"
}

// tlsConfig is that of every listener which speaks TLS.
func tlsConfig(g *config.Global) (*tls.Config, error) {
	c := &certificate{cert: g.TLSCertificate, key: g.TLSKey}
	if _, err := c.get(nil); err != nil {
		return nil, err
	}
	return &tls.Config{GetCertificate: c.get, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}, nil
}

// certificate is read again when its file has changed, so that a renewed one
// serves without a restart.
type certificate struct {
	cert, key string
	mu        sync.Mutex
	loaded    *tls.Certificate
	at        time.Time // the file's
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.cert)
	if err == nil && c.loaded != nil && info.ModTime().Equal(c.at) {
		return c.loaded, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(c.cert, c.key)
	}
	switch {
	case err == nil:
		c.loaded, c.at = &pair, info.ModTime()
	case c.loaded == nil:
		return nil, errors.Join(errors.New("the certificate of Global.TLSCertificate and Global.TLSKey cannot be used"), err)
	} // else a file half written: the old one serves until the new one is whole
	return c.loaded, nil
}
