package plugin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/driplet/driplet/core"
)

// configKey reads an entry of capabilities.http that stands for a key of
// [config]: "{url}".
func configKey(entry string) (key string, ok bool) {
	rest, open := strings.CutPrefix(entry, "{")
	key, closed := strings.CutSuffix(rest, "}")
	return key, open && closed
}

// allowedFor lists where the plugin may send requests from an endpoint: what
// the manifest names, and what the endpoint's configuration (JSON) holds at the
// keys that it names. A key without a value grants nothing.
func (mod *module) allowedFor(ep *core.Endpoint, config []byte) ([]urlPrefix, error) {
	allowed := slices.Clone(mod.Grants.HTTP)
	if len(mod.Grants.HTTPConfig) == 0 {
		return allowed, nil
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(config, &values); err != nil {
		return nil, err // configFor has written it
	}
	for _, key := range mod.Grants.HTTPConfig {
		urls, err := urlsIn(values[key])
		if err != nil {
			return nil, mod.errorf("Endpoints.%s.PluginConfig.%s.%s: %w", ep.Name, mod.Name, key, err)
		}
		allowed = append(allowed, urls...)
	}
	return allowed, nil
}

// urlsIn reads a URL, or a list of them, as JSON. "" is none.
func urlsIn(value json.RawMessage) (out []urlPrefix, err error) {
	var one string
	list := []string{}
	if json.Unmarshal(value, &one) == nil {
		list = append(list, one)
	} else if json.Unmarshal(value, &list) != nil {
		return nil, fmt.Errorf("%.80s is neither a URL nor a list of them", value)
	}
	for _, text := range list {
		if text == "" {
			continue
		}
		u, err := parseURL(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a URL that requests can go to: write one like \"https://example.com/hook.php\"", text)
		}
		out = append(out, prefixOf(u))
	}
	return out, nil
}
