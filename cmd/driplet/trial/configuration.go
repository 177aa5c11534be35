// Package trial is what 'driplet plugin run' adds to a server: a configuration
// with throwaway secrets and one plugin, and a page to send it events.
package trial

import (
	"fmt"
	"strings"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/plugin"
)

// Configuration is that of a server on loopback with the plugin in dir on the
// endpoint "default". Topics whose subscribe hook it has are for it to decide,
// all others are for anyone. All keep a history where it may read any. Port 0 is
// any free one; data goes to dataDir.
func Configuration(port int, dataDir, dir string, m *plugin.Manifest) (*config.Config, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "[Global]\nBindAddress = \"127.0.0.1\"\nPort = %d\nDataDir = %q\nPluginDir = %q\n\n", port, dataDir, dir)
	fmt.Fprintf(&b, "[Endpoints.default]\nName = %q\nAPISecret = %q\nJWTSecret = %q\nPlugins = [%q]\n", m.Name, auth.NewSecret(), auth.NewSecret(), m.Name)
	history := ""
	if len(m.Grants.History) > 0 {
		history = "History = { Size = 100 }\n"
	}
	if m.Hooks[plugin.Kind(core.HookSubscribe)] {
		for _, p := range m.Topics {
			fmt.Fprintf(&b, "\n[[Endpoints.default.Topics]]\nMatch = %q\nSubscribe = \"plugin\"\nPublish = \"anyone\"\n%s", p, history)
		}
	}
	b.WriteString("\n[[Endpoints.default.Topics]]\nMatch = \"*\"\nSubscribe = \"anyone\"\nPublish = \"anyone\"\n" + history)
	return config.Parse("the configuration of the trial", []byte(b.String()), nil)
}
