package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/driplet/driplet/core/auth"
)

// minSecretBytes is 128 bits when they are random: below it a signature that
// somebody saw can be tried out offline.
const minSecretBytes = 16

// judgeSecrets refuses secrets that the world knows and warns of weak ones.
func judgeSecrets(g *Global, endpoints []*resolved, p *problems) {
	open := openListener(g)
	owner := map[string]string{} // secret: whose it was first
	for _, r := range endpoints {
		for _, name := range []string{"APISecret", "APISecretPrevious", "JWTSecret", "JWTSecretPrevious"} {
			secret := get[string](r, name)
			if secret == "" {
				if !strings.HasSuffix(name, "Previous") {
					p.warnf(r.origin(name), "%s is empty: %s", r.key(name), whenEmpty(name))
				}
				continue
			}
			judgeSecret(r, name, secret, open, p)
			if first := owner[secret]; first != "" {
				p.warnf(r.origin(name), "%s is the same as %s: who knows one knows both; run 'driplet secrets rotate'", r.key(name), first)
			} else {
				owner[secret] = r.key(name)
			}
		}
		if open != "" && len(getList[string](r, "AllowedOrigins")) == 0 {
			p.warnf(r.origin("AllowedOrigins"), "%s is empty and %s: pages of any site may connect with their visitors' tokens; list your sites' origins", r.key("AllowedOrigins"), open)
		}
	}
}

// judgeAdmin warns of a token that travels in the clear, or is known to others.
func judgeAdmin(g *Global, r *resolved, p *problems) {
	if g.AdminToken == "" {
		return
	}
	host, _, _ := net.SplitHostPort(g.AdminAddress)
	if !isLoopback(host) && !g.AdminSecure() {
		p.warnf(r.origin("AdminAddress"), "Global.AdminAddress is %s: others reach it, and the token travels unencrypted; use 127.0.0.1:4720, or set Global.TLSCertificate and TLSKey", g.AdminAddress)
	}
	if g.AdminAddress == net.JoinHostPort(g.BindAddress, strconv.Itoa(g.Port)) && g.Port != 0 {
		p.errorf(r.origin("AdminAddress"), "Global.AdminAddress is where the server itself listens: choose another port")
	}
}

func judgeSecret(r *resolved, name, secret string, open string, p *problems) {
	switch {
	case auth.IsPublished(secret) && open != "":
		p.errorf(r.origin(name), "%s is the published default and %s: anyone could %s. Run 'driplet secrets rotate' and put the new secret into your backend", r.key(name), open, power(name))
	case auth.IsPublished(secret):
		p.warnf(r.origin(name), "%s is the published default: anyone who reaches this server could %s. Run 'driplet secrets rotate' before it listens on more than loopback", r.key(name), power(name))
	case len(secret) < minSecretBytes:
		p.warnf(r.origin(name), "%s has %d bytes: a guess could find it; use %d or more random ones, or run 'driplet secrets rotate'", r.key(name), len(secret), minSecretBytes)
	}
}

func power(name string) string {
	if strings.HasPrefix(name, "JWT") {
		return "log in as anybody"
	}
	return "publish"
}

func whenEmpty(name string) string {
	if name == "JWTSecret" {
		return "no token is accepted"
	}
	return "no backend can publish"
}

// openListener names a listener that others than this machine can reach; ""
// when there is none.
func openListener(g *Global) string {
	if !isLoopback(g.BindAddress) {
		if g.BindAddress == "" {
			return "BindAddress is every address"
		}
		return "BindAddress is " + g.BindAddress
	}
	for _, address := range g.Listen {
		if host, _, err := net.SplitHostPort(address); err != nil || !isLoopback(host) {
			return "Listen has " + address
		}
	}
	return ""
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}
