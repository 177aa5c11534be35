package transport_test

import (
	"strings"
	"testing"

	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/internal/testkit"
)

// post publishes to any endpoint that has the kit's secret.
func post(t *testing.T, s *testkit.Server, endpoint, body string) {
	t.Helper()
	a := s.Do("POST", "/api/"+endpoint+"/message", strings.NewReader(body), auth.HeaderSignature, auth.SignBody(testkit.APISecret, []byte(body)))
	if a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}
