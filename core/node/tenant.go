package node

import (
	"net/netip"
	"slices"
	"strings"
	"sync"

	"golang.org/x/time/rate"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/metrics"
)

// tenant is an endpoint at work: its snapshot, its counts, its counters.
type tenant struct {
	*core.Endpoint
	counts *metrics.Endpoint
	hooks  *rate.Limiter // requests to plugins; nil: any number
	past   bool          // some topics keep history

	mu        sync.Mutex
	count     int
	addresses map[string]int
}

func newTenant(ep *core.Endpoint, m *metrics.Node) *tenant {
	t := &tenant{
		Endpoint:  ep,
		counts:    m.Endpoint(ep.Name),
		addresses: map[string]int{},
	}
	t.past = slices.ContainsFunc(ep.Topics, func(r core.TopicRule) bool { return r.History.Size > 0 })
	if perSecond := ep.Limits.HooksPerSecond; perSecond > 0 {
		t.hooks = rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond*burst)))
	}
	return t
}

// tenant finds an endpoint by its name in a URL, without regard to case.
func (n *Node) tenant(name string) (*tenant, error) {
	if t := n.tenants[strings.ToLower(name)]; t != nil {
		return t, nil
	}
	return nil, core.Errorf(core.CodeNotFound, "there is no endpoint %.60q here", name)
}

// Endpoint finds an endpoint's snapshot by its name, without regard to case.
func (n *Node) Endpoint(name string) (*core.Endpoint, error) {
	t, err := n.tenant(name)
	if err != nil {
		return nil, err
	}
	return t.Endpoint, nil
}

// keeps reports whether a topic keeps history.
func (t *tenant) keeps(topic string) bool { return t.past && t.Rule(topic).History.Size > 0 }

// admit counts a connection in, or says which limit is reached. address ""
// counts for the endpoint alone.
func (t *tenant) admit(address string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if limit := t.Limits.Connections; limit > 0 && t.count >= limit {
		return retry(core.Errorf(core.CodeQuota, "endpoint %s has its %d connections (Limits.Connections): come back later", t.Name, limit))
	}
	if limit := t.perAddress(address); limit > 0 && t.addresses[address] >= limit {
		return retry(core.Errorf(core.CodeQuota, "your address has its %d connections (Limits.ConnectionsPerAddress): close one, or come back later", limit))
	}
	t.count++
	if address != "" {
		t.addresses[address]++
	}
	t.counts.Connections.Inc()
	return nil
}

// perAddress is how many connections address may have; 0 is any number. The
// default spares loopback: a proxy or an application there speaks for many.
func (t *tenant) perAddress(address string) int {
	if address == "" {
		return 0
	}
	if limit := t.Limits.ConnectionsPerAddress; limit > 0 {
		return limit
	}
	if ip, err := netip.ParseAddr(address); err == nil && ip.Unmap().IsLoopback() {
		return 0
	}
	return core.DefaultConnectionsPerAddress
}

// release counts a connection out.
func (t *tenant) release(address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count--
	t.counts.Connections.Dec()
	if address == "" {
		return
	}
	if t.addresses[address]--; t.addresses[address] <= 0 {
		delete(t.addresses, address)
	}
}

// refuse counts a refusal and returns it as what reaches the user.
func (t *tenant) refuse(err error) *core.Error {
	e := core.AsError(err)
	code := e.Code
	if !code.Shared() {
		code = "plugin" // plugins name codes as they like: one label for all
	}
	t.counts.Refused(string(code))
	return e
}

func retry(e *core.Error) *core.Error {
	e.Retry = true
	return e
}
