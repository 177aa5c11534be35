package transport

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func FuzzReadHandshake(f *testing.F) {
	f.Add("token=a.b.c", "", "", "")
	f.Add("v=2&token=a.b.c", "", "Bearer x", "")
	f.Add("", "driplet.v2, bearer.a.b.c", "", "")
	f.Add("token=%zz&a;token=1&%74oken=a%2Bb+c&token=2&token", "", "", "")
	f.Add("v=1;v=2&%zz", " driplet.v2 ,,bearer.", "Bearer", "bearer.x")
	f.Fuzz(func(t *testing.T, query, protocols, authorization, more string) {
		r := &http.Request{Method: "GET", URL: &url.URL{Path: "/ws/default", RawQuery: query}, Header: http.Header{
			"Sec-Websocket-Protocol": {protocols, more}, "Authorization": {authorization},
		}}
		h := readHandshake(r)
		if h.version != 1 && h.version != 2 || h.subprotocol && h.version != 2 {
			t.Fatalf("%+v", h)
		}
		sources := query + "\n" + protocols + "\n" + more + "\n" + authorization
		if h.token != "" && !strings.Contains(query, "%") && !strings.Contains(query, "+") && !strings.Contains(sources, h.token) {
			t.Fatalf("the token %q is nowhere in %q", h.token, sources)
		}
		if want := r.URL.Query().Get("token"); parameter(query, "token") != want {
			t.Fatalf("%q has the token %q, url.ParseQuery says %q", query, parameter(query, "token"), want)
		}
		if checkHandshake(r) == nil {
			t.Fatal("this is no handshake")
		}
	})
}
