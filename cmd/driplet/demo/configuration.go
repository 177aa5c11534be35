// Package demo is what 'driplet demo' adds to a server: a configuration with
// throwaway secrets, a landing page, the pages of the examples, and a way to
// tokens that asks for no login.
package demo

import (
	"fmt"

	"github.com/driplet/driplet/cmd/driplet/config"
	"github.com/driplet/driplet/core/auth"
)

// News is the topic on which announcements reach every page of the demo.
const News = "demo.news"

// endpoint has the plugins of the examples and the rules that they need. The
// dashboard's role is given by the page, as a login would give it.
const endpoint = `[Endpoints.default]
Name = "Driplet demo"
APISecret = "%s"
JWTSecret = "%s"
Plugins = ["chat", "analytics"]

[[Endpoints.default.Topics]]
Match = "chat.*"
Subscribe = "plugin"
Publish = "nobody"

[[Endpoints.default.Topics]]
Match = "analytics.*"
Subscribe = "plugin"
Publish = "nobody"
`

// Configuration is that of a server on loopback, with new secrets and its data
// in dataDir. Port 0 is any free one.
func Configuration(port int, dataDir string) (*config.Config, error) {
	text := fmt.Sprintf("[Global]\nBindAddress = \"127.0.0.1\"\nPort = %d\nDataDir = %q\n\n"+endpoint, port, dataDir, auth.NewSecret(), auth.NewSecret())
	return config.Parse("the demo's configuration", []byte(text), nil)
}
