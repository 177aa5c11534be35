//go:build !echo

package transport

import (
	"net/http"

	"github.com/lxzan/gws"
)

const echoing = false

func (t *WebSockets) acceptEcho(http.ResponseWriter, *http.Request) error { return nil }

func echo(*gws.Conn, *gws.Message) {}
