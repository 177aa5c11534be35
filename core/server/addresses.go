package server

import (
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
)

// addresses tells whom a request comes from. X-Forwarded-For and X-Real-IP are
// believed only from trusted proxies. Where a proxy on this machine forwards
// for everybody and is not trusted, its one address says nothing: per-address
// limits are left off for it, and that is said once.
type addresses struct {
	trusted []netip.Prefix
	warn    func(string)
	warned  atomic.Bool
}

func newAddresses(trusted []netip.Prefix, warn func(string)) *addresses {
	return &addresses{trusted: trusted, warn: warn}
}

// of returns the client's address, or "" where it is not known.
func (a *addresses) of(r *http.Request) string {
	remote, ok := remoteAddress(r)
	if !ok {
		return ""
	}
	forwarded, real := r.Header.Values(headerForwarded), r.Header.Get(headerReal)
	if a.trusts(remote) {
		if ip, ok := a.forwarded(strings.Join(forwarded, ",")); ok {
			return ip.String()
		}
		if ip, ok := parseAddress(real); ok {
			return ip.String()
		}
		return remote.String()
	}
	if remote.IsLoopback() && len(a.trusted) == 0 && (len(forwarded) > 0 || real != "") {
		if a.warned.CompareAndSwap(false, true) && a.warn != nil {
			a.warn("clients come through a proxy at " + remote.String() + " that is not in Global.TrustedProxies: limits by address are off. Add it, e.g. TrustedProxies = [\"" + netip.PrefixFrom(remote, remote.BitLen()).String() + "\"]")
		}
		return ""
	}
	return remote.String()
}

// forwarded walks the list from its end to the first address that no trusted
// proxy has: what stands before it is the client's own word.
func (a *addresses) forwarded(list string) (netip.Addr, bool) {
	var last netip.Addr
	parts := strings.Split(list, ",")
	for i := len(parts) - 1; i >= 0; i-- {
		ip, ok := parseAddress(parts[i])
		if !ok {
			break
		}
		if last = ip; !a.trusts(last) {
			break
		}
	}
	return last, last.IsValid()
}

func (a *addresses) trusts(ip netip.Addr) bool {
	for _, p := range a.trusted {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

func remoteAddress(r *http.Request) (netip.Addr, bool) {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	return ap.Addr().Unmap(), err == nil
}

// parseAddress reads an address as proxies write it: some add the port.
func parseAddress(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	ip, err := netip.ParseAddr(text)
	if err != nil {
		ap, errPort := netip.ParseAddrPort(text)
		ip, err = ap.Addr(), errPort
	}
	return ip.Unmap().WithZone(""), err == nil
}

// isLoopback reports whether a request comes from this machine itself, and not
// through a proxy on it.
func (a *addresses) isLoopback(r *http.Request) bool {
	if r.Header.Get(headerRFC7239) != "" {
		return false
	}
	if remote, ok := remoteAddress(r); !ok || !a.trusts(remote) && (r.Header.Get(headerForwarded) != "" || r.Header.Get(headerReal) != "") {
		return false
	}
	ip, err := netip.ParseAddr(a.of(r))
	return err == nil && ip.IsLoopback()
}

// Headers that proxies add. Only the first two are read for an address.
const (
	headerForwarded = "X-Forwarded-For"
	headerReal      = "X-Real-IP"
	headerRFC7239   = "Forwarded"
)
