package plugin

import (
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/driplet/driplet/core"
)

// binding is a version of a plugin on one endpoint: its configuration and its
// instances, on the seat that it shares with the versions before and after it.
// Nothing of it is shared with another endpoint but the compiled code.
type binding struct {
	*module
	*seat
	config  []byte // JSON
	pools   []*pool
	kv      core.KV // set when it is about to serve: the quota is the manifest's
	breaker breaker
	toll    toll
	shaky   atomic.Int64 // until when (Unix nanoseconds); 0: it has not failed of late
	out     *outbound    // http_fetch
	unkept  sync.Once    // said that a topic keeps no history
}

// bind puts a module on an endpoint. Nothing runs yet. Whoever gets a binding
// releases it.
func (h *Host) bind(mod *module, ep *core.Endpoint) (*binding, error) {
	config, err := mod.configFor(ep)
	if err != nil {
		return nil, err
	}
	allowed, err := mod.allowedFor(ep, config)
	if err != nil {
		return nil, err
	}
	b := &binding{module: mod, seat: h.seat(mod.Name, ep), config: config}
	mod.users.Add(1)
	n := mod.poolSize()
	switch {
	case h.TakeTurns:
		b.pools = []*pool{newPool(2, true)}
	case mod.Limits.ByTopic:
		for range n {
			b.pools = append(b.pools, newPool(1, false))
		}
	default:
		b.pools = []*pool{newPool(n, false)}
	}
	b.out = b.newOutbound(allowed)
	return b, nil
}

// open gives the binding its store. Nobody uses the binding yet.
func (b *binding) open() {
	b.kv = b.host.Store.KV("plugin/"+b.Name+"/"+b.endpoint.Name, b.Grants.KV)
}

// release closes the instances, waiting for those in use, and the code after
// its last binding.
func (b *binding) release() error {
	for _, p := range b.pools {
		p.drain()
	}
	b.out.client.CloseIdleConnections()
	return b.module.release()
}

// configFor lays an endpoint's PluginConfig over the manifest's [config].
func (mod *module) configFor(ep *core.Endpoint) ([]byte, error) {
	config := map[string]any{}
	var known []string
	for k, v := range mod.Config {
		config[k] = v
		known = append(known, k)
	}
	for name, override := range ep.PluginConfig {
		if !strings.EqualFold(name, mod.Name) {
			continue
		}
	next:
		for k, v := range override {
			for _, own := range known {
				if strings.EqualFold(own, k) {
					config[own] = v
					continue next
				}
			}
			return nil, mod.errorf("Endpoints.%s.PluginConfig.%s.%s: %s.toml has no such key under [config]%s", ep.Name, mod.Name, k, mod.Name, suggest(k, known))
		}
	}
	out, err := json.Marshal(config)
	if err != nil {
		return nil, mod.errorf("its configuration for endpoint %s cannot be written as JSON: %w", ep.Name, err)
	}
	return out, nil
}

// pool is where an event's instance comes from.
func (b *binding) pool(topic string) *pool {
	if len(b.pools) == 1 {
		return b.pools[0]
	}
	sum := uint32(2166136261) // FNV-1a
	for i := range len(topic) {
		sum = (sum ^ uint32(topic[i])) * 16777619
	}
	return b.pools[sum%uint32(len(b.pools))]
}

func (b *binding) logger() *slog.Logger {
	return b.host.Log.With("plugin", b.Name, "version", b.Version, "endpoint", b.endpoint.Name)
}
