package plugin

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// urlPrefix is one entry of capabilities.http: requests may go to this scheme
// and host, and to paths that begin with path.
type urlPrefix struct {
	scheme, host, path string     // host with its port
	name               string     // host without the port
	addr               netip.Addr // the host is this address; else invalid
}

// parseURLPrefix reads "https://api.example.com/v1/".
func parseURLPrefix(text string) (urlPrefix, error) {
	if strings.ContainsAny(text, "*{") {
		return urlPrefix{}, fmt.Errorf("%q: URLs are granted by their beginning, in which * and { stand for nothing: write each as it is, like \"https://api.example.com/v1/\"; \"{key}\" alone stands for a key of [config]", text)
	}
	u, err := parseURL(text)
	if err != nil || u.RawQuery != "" || u.Fragment != "" || u.Path == "" {
		return urlPrefix{}, fmt.Errorf("%q: write a prefix of URLs with its path, like \"https://api.example.com/\"", text)
	}
	return prefixOf(u), nil
}

// prefixOf is the entry that a URL makes; its query is no part of it.
func prefixOf(u *url.URL) urlPrefix {
	p := urlPrefix{scheme: u.Scheme, host: hostPort(u), path: u.EscapedPath(), name: strings.ToLower(u.Hostname())}
	p.addr, _ = netip.ParseAddr(u.Hostname())
	return p
}

// parseURL accepts absolute http and https URLs without user and without steps
// back in their path: what they address is what they seem to.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return nil, fmt.Errorf("not an http or https URL")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("the port is none")
		}
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		part, _, _ = strings.Cut(part, ";") // parameters of a step, which some servers take off first
		if part == ".." || part == "." {
			return nil, fmt.Errorf("the path has steps back")
		}
	}
	if strings.Contains(u.Path, `\`) {
		return nil, fmt.Errorf("the path has a backslash")
	}
	return u, nil
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}

// allowsURL finds the entry that a request to u may rely on.
func allowsURL(list []urlPrefix, u *url.URL) bool {
	host, path := hostPort(u), u.EscapedPath()
	if path == "" {
		path = "/"
	}
	for _, p := range list {
		if p.scheme == u.Scheme && p.host == host && strings.HasPrefix(path, p.path) {
			return true
		}
	}
	return false
}

// allowsAddr reports whether a connection to port of addr may be made for host:
// to public addresses always, to private ones only where the list has that
// address itself with that port, or "localhost" for loopback. A listed name that
// resolves to a private address which is not listed beside it is refused:
// whoever owns the name must not reach into this network.
func allowsAddr(list []urlPrefix, host, port string, addr netip.Addr) bool {
	addr = addr.Unmap()
	if publicAddr(addr) {
		return true
	}
	for _, p := range list {
		if !strings.HasSuffix(p.host, ":"+port) {
			continue
		}
		if p.addr.IsValid() && p.addr.Unmap() == addr {
			return true
		}
		if p.name == "localhost" && strings.EqualFold(host, "localhost") && addr.IsLoopback() {
			return true
		}
	}
	return false
}

// global is all of IPv6 that is given out for the public internet (RFC 4291).
var global = netip.MustParsePrefix("2000::/3")

// special are address blocks that are not private by the standard library's
// word but not the public internet either (RFC 6890, 6598, 7526, 3056, 9637).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("3fff::/20"),
}

func publicAddr(a netip.Addr) bool {
	if !a.IsValid() || a.IsPrivate() || a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() ||
		a.IsLinkLocalUnicast() || a.Zone() != "" || a.Is6() && !global.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
