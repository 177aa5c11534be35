// Package config reads Driplet's configuration: a TOML file, over it the
// DRIPLET_* variables of the environment, over both the command line. It is
// the only place that knows these three; everything else gets plain structs.
//
// Every value keeps where it was set, so that an error names the file and the
// line, and 'driplet config check' can show all of it.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/driplet/driplet/core"
)

// Config is a configuration that was found good. Immutable.
type Config struct {
	Path      string // of the file; "" without one
	Global    Global
	Endpoints []*core.Endpoint // in the order of the file
	Warnings  []string         // a line each, with file and line
	tree      *resolved
}

// Global is the section [Global].
type Global struct {
	BindAddress    string // without brackets; "" is every address
	Port           int    // 0: any free one
	Listen         []string
	PublicURL      string // without a slash at its end; "" when not set
	TrustedProxies []netip.Prefix
	DataDir        string // "": memory only
	PluginDir      string // "": only the plugins in the binary
	AdminToken     string // "": no admin listener
	AdminAddress   string // host:port; port 0: any free one
	LogFile        string // "": standard error
	Debug          bool
	Metrics        Metrics
	TLSCertificate string // PEM file; "": plain TCP
	TLSKey         string // PEM file
	Connections    int    // of the whole process
	QueueBytes     int    // waiting for all clients together
	HistoryBytes   int    // of what all topics keep, in memory
	Memory         int    // bytes of the whole process; 0: no bound
	ShutdownSpread time.Duration
}

// Metrics says who may read /metrics.
type Metrics uint8

// Loopback addresses only, everybody, or nobody.
const (
	MetricsLoopback Metrics = iota
	MetricsAll
	MetricsOff
)

// Addresses are all listeners' addresses as host:port, the main one first.
func (g *Global) Addresses() []string {
	return append([]string{net.JoinHostPort(g.BindAddress, strconv.Itoa(g.Port))}, g.Listen...)
}

// Endpoint finds an endpoint by its name in lower case; nil: there is none.
func (c *Config) Endpoint(name string) *core.Endpoint {
	for _, e := range c.Endpoints {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// Load reads the file at path, which must exist (see Create), and lays env
// (pairs NAME=value, as os.Environ gives) and the overrides over it. What is
// wrong is an Errors with everything at once.
func Load(path string, env []string, overrides ...Override) (*Config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Errors{fmt.Sprintf("%s does not exist: 'driplet serve -config %s' writes one with new secrets", path, path)}
	}
	if err != nil {
		return nil, Errors{fmt.Sprintf("the configuration cannot be read: %v", err)}
	}
	return Parse(path, data, env, overrides...)
}

// Parse is Load of a file's content; name stands in messages.
func Parse(name string, data []byte, env []string, overrides ...Override) (*Config, error) {
	p := &problems{}
	d := readDocument(name, data, p)
	if err := p.err(); err != nil {
		return nil, err // positions and keys of a broken file mean nothing
	}
	s := newSchema()
	overlayEnvironment(d.root, s, env, p)
	overlayFlags(d.root, s, overrides, p)
	tree := resolve(d.root, s, "", p)
	c := &Config{Path: name, tree: tree}
	c.Global = newGlobal(tree.section("Global"))
	endpoints := tree.lists["Endpoints"]
	if len(endpoints) == 0 && len(p.errors) == 0 {
		p.errorf(d.root.from, "there is no endpoint: add a section [Endpoints.default] with APISecret and JWTSecret")
	}
	for _, e := range endpoints {
		c.Endpoints = append(c.Endpoints, newEndpoint(e, c.Global.DataDir != "", p))
	}
	if g := &c.Global; (g.TLSCertificate == "") != (g.TLSKey == "") {
		p.errorf(tree.section("Global").from, "Global.TLSCertificate and Global.TLSKey belong together: set both, or neither")
	}
	judgeSecrets(&c.Global, endpoints, p)
	judgeAdmin(&c.Global, tree.section("Global"), p)
	if err := p.err(); err != nil {
		return nil, err
	}
	c.Warnings = lines(p.warnings)
	return c, nil
}

func newGlobal(r *resolved) Global {
	return Global{
		BindAddress:    get[string](r, "BindAddress"),
		Port:           get[int](r, "Port"),
		Listen:         getList[string](r, "Listen"),
		PublicURL:      get[string](r, "PublicURL"),
		TrustedProxies: getList[netip.Prefix](r, "TrustedProxies"),
		DataDir:        get[string](r, "DataDir"),
		PluginDir:      get[string](r, "PluginDir"),
		AdminToken:     get[string](r, "AdminToken"),
		AdminAddress:   get[string](r, "AdminAddress"),
		LogFile:        get[string](r, "LogFile"),
		Debug:          get[string](r, "LogLevel") == "debug",
		Metrics: map[string]Metrics{
			"all": MetricsAll, "off": MetricsOff,
		}[get[string](r, "Metrics")],
		TLSCertificate: get[string](r, "TLSCertificate"),
		TLSKey:         get[string](r, "TLSKey"),
		Connections:    get[int](r, "Connections"),
		QueueBytes:     get[int](r, "QueueBytes"),
		HistoryBytes:   get[int](r, "HistoryBytes"),
		Memory:         get[int](r, "Memory"),
		ShutdownSpread: get[time.Duration](r, "ShutdownSpread"),
	}
}

// Local is host:port of the main listener as this machine reaches it.
func (g *Global) Local() string {
	return net.JoinHostPort(local(g.BindAddress), strconv.Itoa(g.Port))
}

// local is how this machine reaches a listener's host.
func local(host string) string {
	switch host {
	case "", "0.0.0.0":
		return "127.0.0.1"
	case "::":
		return "::1"
	}
	return host
}

// AdminSecure reports whether the admin listener speaks TLS: where others than
// this machine can reach it, and there is a certificate.
func (g *Global) AdminSecure() bool {
	host, _, err := net.SplitHostPort(g.AdminAddress)
	return g.TLSCertificate != "" && (err != nil || !isLoopback(host))
}

// AdminURL is the admin listener as this machine reaches it, without a slash at
// its end.
func (g *Global) AdminURL() string {
	host, port, _ := net.SplitHostPort(g.AdminAddress) // it was checked
	scheme := "http"
	if g.AdminSecure() {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(local(host), port)
}

// Scheme is how this server's HTTP is reached without a proxy.
func (g *Global) Scheme() string {
	if g.TLSCertificate != "" {
		return "https"
	}
	return "http"
}

// URL is the main listener as this machine reaches it, without a slash at its
// end.
func (g *Global) URL() string { return g.Scheme() + "://" + g.Local() }
