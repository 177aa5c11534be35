package plugin

import (
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func FuzzParseFetch(f *testing.F) {
	timeout := binary.LittleEndian.AppendUint32(nil, 2500)
	for _, fields := range [][]string{
		{"", "https://api.example.com/v1"},
		{"POST", "https://api.example.com/v1", `{"content-type":"application/json"}`, `{"a":1}`, string(timeout), "\x01"},
		{"GET", "https://x/", `{"X-Driplet-Key":"k"}`}, {"GET", "https://x/", `{"host":"y"}`}, {"TRACE", "https://x/"},
		{"GET", "https://x/", `["a"]`}, {"GET", "https://x/", "", "", "12"}, {"GET", "https://x/", "", "", "\xff\xff\xff\xff", "\x02"},
		{"GET", "https://x/", "", "", "", "\x00", "a field of a later version"}, {},
	} {
		var raw [][]byte
		for _, field := range fields {
			raw = append(raw, []byte(field))
		}
		f.Add(AppendEnvelope(nil, raw...))
	}
	f.Add([]byte{1, 0, 9, 0, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := parseFetch(raw)
		if err != nil {
			return
		}
		if !slices.Contains(fetchMethods, r.Method) || len(r.Body) > MaxFetchBody || r.Timeout <= 0 || r.Timeout > maxFetchTimeout {
			t.Errorf("%q gives %+v", raw, r)
		}
		for name := range r.Headers {
			if name = http.CanonicalHeaderKey(name); name == "Host" || strings.HasPrefix(name, "X-Driplet-") {
				t.Errorf("%q sets %s", raw, name)
			}
		}
	})
}
