package dial

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// network is where addresses accept, refuse, or drop packets (anything else).
type network struct {
	addrs  []string
	accept []string
	refuse []string
	mu     sync.Mutex
	tried  []string
	open   int
}

func (n *network) Lookup(context.Context, string) (out []netip.Addr, err error) {
	for _, a := range n.addrs {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

var errRefused = errors.New("connection refused")

func (n *network) Connect(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, _ := net.SplitHostPort(address)
	n.mu.Lock()
	n.tried = append(n.tried, host)
	n.mu.Unlock()
	switch {
	case slices.Contains(n.refuse, host):
		return nil, errRefused
	case !slices.Contains(n.accept, host):
		<-ctx.Done()
		return nil, ctx.Err()
	}
	conn, other := net.Pipe()
	n.mu.Lock()
	n.open++
	n.mu.Unlock()
	return &counted{Conn: conn, closed: func() {
		other.Close()
		n.mu.Lock()
		n.open--
		n.mu.Unlock()
	}}, nil
}

type counted struct {
	net.Conn
	closed func()
}

func (c *counted) Close() error {
	c.closed()
	return c.Conn.Close()
}

func TestAddressesAreTriedUntilOneAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		n    *network
		want []string
	}{
		"the first":         {&network{addrs: []string{"192.0.2.1", "192.0.2.2"}, accept: []string{"192.0.2.1"}}, []string{"192.0.2.1"}},
		"after black holes": {&network{addrs: []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}, accept: []string{"192.0.2.3"}}, []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}},
		"after a refusal":   {&network{addrs: []string{"192.0.2.1", "192.0.2.2"}, refuse: []string{"192.0.2.1"}, accept: []string{"192.0.2.2"}}, []string{"192.0.2.1", "192.0.2.2"}},
		"IPv6 is broken":    {&network{addrs: []string{"2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"}, accept: []string{"192.0.2.1"}}, []string{"2001:db8::1", "192.0.2.1"}},
		"IPv4 as IPv6":      {&network{addrs: []string{"::ffff:192.0.2.1"}, accept: []string{"192.0.2.1"}}, []string{"192.0.2.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			n := c.n
			conn, err := (&Dialer{Lookup: n.Lookup, Connect: n.Connect}).DialContext(t.Context(), "tcp", "name.example:80")
			if err != nil {
				t.Fatal(err)
			}
			// A slow machine may begin one more.
			if len(n.tried) < len(c.want) || !slices.Equal(n.tried[:len(c.want)], c.want) || n.open != 1 {
				t.Errorf("tried %v, %d open", n.tried, n.open)
			}
			conn.Close()
		})
	}
}

// Of two connections one is closed.
func TestASecondConnectionIsClosed(t *testing.T) {
	n := &network{addrs: []string{"192.0.2.1", "192.0.2.2"}, accept: []string{"192.0.2.1", "192.0.2.2"}}
	both := make(chan struct{})
	var ready sync.WaitGroup
	ready.Add(2)
	go func() { ready.Wait(); close(both) }()
	conn, err := (&Dialer{Lookup: n.Lookup, Connect: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := n.Connect(ctx, network, address)
		ready.Done()
		<-both
		return c, err
	}}).DialContext(t.Context(), "tcp", "name.example:80")
	if err != nil || n.open != 1 {
		t.Fatalf("%d open, %v", n.open, err)
	}
	conn.Close()
}

func TestWhatADialFailsWith(t *testing.T) {
	var many []string
	for i := range 100 {
		many = append(many, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}).String())
	}
	failed := errors.New("must not")
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	over, end := context.WithCancel(t.Context())
	end()
	for name, c := range map[string]struct {
		ctx   context.Context
		n     *network
		check func(string, string, netip.Addr) error
		want  error
		tried int
	}{
		"all refuse":      {t.Context(), &network{addrs: []string{"192.0.2.1", "192.0.2.2"}, refuse: many}, nil, errRefused, 2},
		"too many":        {t.Context(), &network{addrs: many, refuse: many}, nil, errRefused, maxAttempts},
		"none answers":    {soon, &network{addrs: []string{"192.0.2.1"}}, nil, context.DeadlineExceeded, 1},
		"it is over":      {over, &network{addrs: many, accept: many}, nil, context.Canceled, 0},
		"none is allowed": {t.Context(), &network{addrs: many}, func(string, string, netip.Addr) error { return failed }, failed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := (&Dialer{Lookup: c.n.Lookup, Connect: c.n.Connect, Check: c.check}).DialContext(c.ctx, "tcp", "name.example:80")
			if !errors.Is(err, c.want) || len(c.n.tried) != c.tried {
				t.Errorf("%v after %v", err, c.n.tried)
			}
		})
	}
	none := new(network)
	if _, err := (&Dialer{Lookup: none.Lookup}).DialContext(t.Context(), "tcp", "name.example:80"); err == nil || !strings.Contains(err.Error(), "no address") {
		t.Error(err)
	}
	if _, err := new(Dialer).DialContext(t.Context(), "tcp", "name.example"); err == nil {
		t.Error("an address without a port")
	}
}

// Every address is checked before it is tried.
func TestAnAddressIsChecked(t *testing.T) {
	n := &network{addrs: []string{"10.0.0.1", "::ffff:10.0.0.2", "192.0.2.1", "10.0.0.3"}, accept: []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "192.0.2.1"}}
	d := &Dialer{Lookup: n.Lookup, Connect: n.Connect, Check: func(host, port string, a netip.Addr) error {
		if host != "name.example" || port != "80" || a.IsPrivate() {
			return errors.New("no")
		}
		return nil
	}}
	conn, err := d.DialContext(t.Context(), "tcp", "name.example:80")
	if err != nil || !slices.Equal(n.tried, []string{"192.0.2.1"}) {
		t.Fatalf("tried %v: %v", n.tried, err)
	}
	conn.Close()
}

// Without anything given it is the network.
func TestTheZeroValueDialsTheNetwork(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost"} {
		conn, err := new(Dialer).DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
}
