package main

import (
	"fmt"
	"net/url"
	"strings"
)

// endpointURLs finds an endpoint's API and WebSocket from any of its URLs: the
// server's root, /api/NAME or /ws/NAME, by http or ws. name is the endpoint,
// "" where the URL has it, or it is default.
func endpointURLs(address, name string) (api, webSocket, endpoint string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", "", "", fmt.Errorf("%q is not the URL of a server, such as http://127.0.0.1:4719", address)
	}
	secure := ""
	switch u.Scheme {
	case "https", "wss":
		secure = "s"
	case "http", "ws":
	default:
		return "", "", "", fmt.Errorf("%q is not the URL of a server: it begins with http, https, ws or wss", address)
	}
	path := strings.TrimRight(u.Path, "/")
	if dir, last, ok := cutLast(path); ok {
		if root, kind, ok := cutLast(dir); ok && (kind == "api" || kind == "ws") {
			if name != "" && !strings.EqualFold(name, last) {
				return "", "", "", fmt.Errorf("-url names the endpoint %s and -endpoint %s: choose one", last, name)
			}
			path, name = root, last
		}
	}
	if name == "" {
		name = "default"
	}
	name = strings.ToLower(name)
	base := secure + "://" + u.Host + path
	return "http" + base + "/api/" + name, "ws" + base + "/ws/" + name, name, nil
}

func cutLast(path string) (before, last string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", "", false
	}
	return path[:i], path[i+1:], true
}
