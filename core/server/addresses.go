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
	forwarded, real := r.Header.Values("X-Forwarded-For"), r.Header.Get("X-Real-IP")
	if a.trusts(remote) {
		if ip, ok := a.forwarded(strings.Join(forwarded, ",")); ok {
			return ip.String()
		}
		if ip, err := netip.ParseAddr(strings.TrimSpace(real)); err == nil {
			return ip.Unmap().String()
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
		ip, err := netip.ParseAddr(strings.TrimSpace(parts[i]))
		if err != nil {
			break
		}
		last = ip.Unmap()
		if !a.trusts(last) {
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

func isLoopback(r *http.Request) bool {
	ip, ok := remoteAddress(r)
	return ok && ip.IsLoopback()
}
