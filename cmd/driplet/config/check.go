package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/driplet/driplet/core"
)

// The forms that texts of the configuration may have. Each returns the form in
// which the value is used, or an error that completes "Global.Listen: …".

func checkHost(s string) (any, error) {
	host := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return host, nil
	}
	if !hostName.MatchString(host) {
		return nil, fmt.Errorf("%q is neither an IP address nor a host name; the port has a key of its own", s)
	}
	return host, nil
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?$`)

func checkListen(s string) (any, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address with a port, such as \":6001\" or \"127.0.0.1:6001\"", s)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return nil, fmt.Errorf("%q: the port must be a number from 1 to 65535", s)
	}
	if _, err := checkHost(host); err != nil {
		return nil, err
	}
	return s, nil
}

func checkAdminAddress(s string) (any, error) {
	if host, port, err := net.SplitHostPort(s); err == nil && port == "0" {
		_, err := checkHost(host)
		return s, err
	}
	return checkListen(s)
}

// minAdminTokenBytes is more than other secrets need: who has the token can put
// code into the server, and only the admin listener's address bounds who may
// try.
const minAdminTokenBytes = 32

func checkAdminToken(s string) (any, error) {
	if n := len(s); n > 0 && n < minAdminTokenBytes {
		return nil, fmt.Errorf("has %d bytes, and needs %d: who has it can put code into this server; make one with 'openssl rand -hex 32'", n, minAdminTokenBytes)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("stands in a header: it may hold printable ASCII without spaces only; make one with 'openssl rand -hex 32'")
	}
	return s, nil
}

func checkNetwork(s string) (any, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address or a network, such as \"127.0.0.1\" or \"10.0.0.0/8\"", s)
	}
	if p != p.Masked() {
		return nil, fmt.Errorf("%q has bits set after its prefix; the network is %q", s, p.Masked())
	}
	return p, nil
}

// checkOrigin takes what a browser sends in Origin (RFC 6454, 6.2).
func checkOrigin(s string) (any, error) {
	u, err := url.Parse(strings.ToLower(s))
	if err != nil || u.Scheme == "" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is not an origin such as \"https://example.com\"", s)
	}
	if u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q has a path, which origins have not: write %q", s, u.Scheme+"://"+u.Host)
	}
	if port := u.Port(); port == map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.Scheme + "://" + u.Host, nil
}

func checkURL(s string) (any, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is not a URL that starts with http:// or https://", s)
	}
	return s, nil
}

func checkPublicURL(s string) (any, error) {
	if s == "" {
		return s, nil
	}
	if _, err := checkURL(s); err != nil {
		return nil, err
	}
	return strings.TrimRight(s, "/"), nil
}

func checkPattern(s string) (any, error) {
	if s == "" {
		return nil, fmt.Errorf("an empty pattern matches nothing; \"*\" matches everything")
	}
	p, err := core.ParsePattern(s)
	if err != nil {
		return nil, fmt.Errorf("%s", core.AsError(err).Message)
	}
	return p, nil
}

func checkNotEmpty(s string) (any, error) {
	if s == "" {
		return nil, fmt.Errorf("must not be empty")
	}
	return s, nil
}

// Endpoint names stand in URLs and, with - as _, in environment variables.
var endpointName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// Plugin names stand in file names and before the dot of error codes.
func checkPlugin(s string) (any, error) {
	if !endpointName.MatchString(s) {
		return nil, fmt.Errorf("%q is not a plugin's name (a-z, 0-9, - and _)", s)
	}
	return s, nil
}
