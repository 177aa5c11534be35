package plugins_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The reference that an author reads tells of every call.
func TestReferenceOfGo(t *testing.T) {
	cmd := exec.Command("go", "doc", "-all", "./pdk/go")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, call := range strings.Fields(`On Publish History Event.Int Value.Texts Store.Get Store.Set Store.Delete Store.CAS Store.Incr Store.Scan Store.ScanBack Store.ScanAfter Store.ScanBackAfter Store.All Store.AllBack
		Client.Fetch Clock.Set Clock.Cancel Logger.Debug Logger.Info Logger.Warn Logger.Error`) {
		name := call + "("
		if of, method, ok := strings.Cut(call, "."); ok {
			name = of + ") " + method + "("
		}
		if !strings.Contains(string(out), name) {
			t.Errorf("go doc does not tell of %s", call)
		}
	}
}
