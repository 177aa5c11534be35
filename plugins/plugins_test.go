package plugins_test

import (
	"testing"

	"github.com/driplet/driplet/core/plugin/plugintest"
)

// The bundled plugins do what their test cases say.
func TestCases(t *testing.T) {
	for _, name := range []string{"chat", "analytics", "moodle"} {
		t.Run(name, func(t *testing.T) { plugintest.RunCases(t, name, name) })
	}
}
