package server

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
)

// hook hands a backend's request to a plugin, and its answer back.
func (s *server) hook(c *gin.Context) {
	if _, err := s.Node.Endpoint(c.Param("endpoint")); err != nil {
		fail(c, err) // before a body is read that nobody wants
		return
	}
	body, err := readBody(c, core.MaxHookBytes)
	if err != nil {
		fail(c, err)
		discardBody(c)
		return
	}
	r := auth.ReadRequest(c.Request.Method, signedURI(c.Request), c.GetHeader, body)
	data, err := s.Node.Call(c.Request.Context(), c.Param("endpoint"), c.Param("plugin"), r, core.HTTPRequest{
		Method: c.Request.Method, Query: c.Request.URL.RawQuery, Headers: passedOn(c.Request.Header),
	})
	if err != nil {
		fail(c, err)
		return
	}
	if data == nil {
		data = []byte("null")
	}
	c.Data(http.StatusOK, jsonType, append(append([]byte(`{"status":"ok","data":`), data...), '}'))
}

// passed are the headers that say something of the body or of who sends it. They
// are not signed: a plugin should decide nothing by them.
var passed = []string{"Content-Type", "Content-Language", "User-Agent"}

// passedOn writes them as JSON, names in lower case.
func passedOn(h http.Header) []byte {
	out := map[string]string{}
	for _, name := range passed {
		if v := h.Get(name); v != "" {
			out[strings.ToLower(name)] = strings.ToValidUTF8(v, "\uFFFD")
		}
	}
	text, _ := json.Marshal(out) // strings always marshal
	return text
}
