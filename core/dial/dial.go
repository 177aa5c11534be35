// Package dial connects to hosts that have several addresses, of which some may
// not answer: Happy Eyeballs, version 2 (RFC 8305).
package dial

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Dialer connects to a host by name. Its zero value connects to whatever the
// network's resolver says. It may be used by many at once.
//
// net.Dialer divides the time of its context among the addresses; an
// http.Transport gives it a context without any, so that a first address that
// drops packets would take all the time that a request has.
type Dialer struct {
	// Lookup finds a name's addresses, the best first; nil: net.DefaultResolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// Check says why an address must not be connected to; nil: none. It is asked
	// about every address before anything is sent there, for many at once.
	Check func(host, port string, a netip.Addr) error
	// Connect makes a connection to an address with its port, and ends with ctx,
	// which later leaves a connection alone; nil: net.Dialer's.
	Connect func(ctx context.Context, network, address string) (net.Conn, error)
}

// maxTime bounds a dial that nobody waits for any more: an http.Transport keeps
// it for the next request. No request of this project has longer.
const maxTime = 30 * time.Second

// DialContext is net.Dialer's, for TCP. The error is the resolver's, that of
// Check where no address passes it, or else what the first attempt to fail
// failed with.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	if addrs, err = d.checked(host, port, addrs); err != nil {
		return nil, err
	}
	connect := d.Connect
	if connect == nil {
		connect = new(net.Dialer).DialContext
	}
	return race(ctx, inTurn(addrs), func(ctx context.Context, a netip.Addr) (net.Conn, error) {
		return connect(ctx, network, net.JoinHostPort(a.String(), port))
	})
}

func (d *Dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	if d.Lookup != nil {
		return d.Lookup(ctx, host)
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// checked are the addresses that may be connected to, without IPv6's way to
// write IPv4.
func (d *Dialer) checked(host, port string, addrs []netip.Addr) (out []netip.Addr, err error) {
	err = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	for _, a := range addrs {
		a = a.Unmap()
		if d.Check != nil {
			if refused := d.Check(host, port, a); refused != nil {
				err = refused
				continue
			}
		}
		out = append(out, a)
	}
	if len(out) == 0 {
		return nil, err
	}
	return out, nil
}
