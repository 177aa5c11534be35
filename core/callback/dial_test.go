package callback

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/driplet/driplet/core/dial"
)

// A backend whose first address drops packets is reached by its second.
func TestABackendsSecondAddress(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `"hello"`) }))
	defer backend.Close()
	g, c := open(t, callbackTo(t, "mod_*", "http://backend.example/", 20*time.Second))
	g.client = newClient(&dial.Dialer{
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}, nil
		},
		Connect: func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == "192.0.2.1:80" {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return new(net.Dialer).DialContext(ctx, network, backend.Listener.Addr().String())
		},
	})
	send(t, g, message("mod_x", "r1", `1`))
	if got := c.next(t); got.data != `"hello"` || got.refusal != nil {
		t.Errorf("%+v", got)
	}
}
