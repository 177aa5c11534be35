package main

import (
	"strings"
	"testing"
)

func TestEndpointURLs(t *testing.T) {
	for _, c := range []struct{ address, name, api, ws, err string }{
		{"http://h:1", "", "http://h:1/api/default", "ws://h:1/ws/default", ""},
		{"https://h/rt/", "Shop", "https://h/rt/api/shop", "wss://h/rt/ws/shop", ""},
		{"ws://h:1/ws/shop", "", "http://h:1/api/shop", "ws://h:1/ws/shop", ""},
		{"wss://h/rt/ws/shop/", "shop", "https://h/rt/api/shop", "wss://h/rt/ws/shop", ""},
		{"http://h/api/shop", "", "http://h/api/shop", "ws://h/ws/shop", ""},
		{"http://h/api/shop", "other", "", "", "-url names the endpoint shop and -endpoint other"},
		{"h:1", "", "", "", "is not the URL of a server"},
		{"ftp://h", "", "", "", "begins with http, https, ws or wss"},
		{"", "", "", "", "is not the URL of a server"},
	} {
		api, ws, _, err := endpointURLs(c.address, c.name)
		if api != c.api || ws != c.ws || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q %q: %q %q %v", c.address, c.name, api, ws, err)
		}
	}
}
