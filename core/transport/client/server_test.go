package client_test

import (
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/internal/testkit"
	"github.com/driplet/driplet/plugins"
)

// serve runs a server with the plugin chat, a topic that nobody may hear and one
// that keeps a history.
func serve(t *testing.T) *testkit.Server {
	t.Helper()
	return testkit.Start(t, testkit.Options{Plugins: plugins.Bundled(), Endpoint: func(e *core.Endpoint) {
		e.Plugins = []string{"chat"}
		e.Topics = []core.TopicRule{
			{Match: testkit.Pattern(t, "secret.*"), Subscribe: core.AccessNobody},
			{Match: testkit.Pattern(t, "kept.*"), History: core.History{Size: 10}},
		}
	}})
}

// webSocket is where clients of s connect.
func webSocket(s *testkit.Server) string { return "ws://" + s.Addr + "/ws/default" }
