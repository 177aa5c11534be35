package demo

import (
	"crypto/rand"
	"embed"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/examples"
)

//go:embed public
var public embed.FS

// Pages serves the landing page and everything below /demo/.
type Pages struct {
	endpoint *core.Endpoint
	program  string
	landing  *template.Template
	mux      *http.ServeMux
}

// New prepares the pages of an endpoint made by Configuration. program is how
// the user calls driplet, for the command lines that the pages show.
func New(e *core.Endpoint, program string) (*Pages, error) {
	p := &Pages{endpoint: e, program: program, mux: http.NewServeMux()}
	var err error
	if p.landing, err = template.ParseFS(public, "public/index.html"); err != nil {
		return nil, err
	}
	p.mux.HandleFunc("GET /{$}", p.index)
	p.mux.Handle("GET /demo/{$}", http.RedirectHandler("/", http.StatusFound))
	p.mux.HandleFunc("GET /demo/token", p.token)
	p.mux.HandleFunc("GET /demo/config.json", p.settings("member"))
	p.mux.HandleFunc("GET /demo/chat/config.json", p.settings(""))
	p.mux.HandleFunc("GET /demo/analytics/config.json", p.settings("analytics"))
	for path, dir := range map[string]string{"chat": "chat/public", "analytics": "analytics/public", "shared": "shared"} {
		if err := p.files("/demo/"+path+"/", examples.Files, dir); err != nil {
			return nil, err
		}
	}
	return p, p.files("/demo/landing/", public, "public")
}

func (p *Pages) files(path string, from fs.FS, dir string) error {
	sub, err := fs.Sub(from, dir)
	p.mux.Handle("GET "+path, http.StripPrefix(path, http.FileServerFS(sub)))
	return err
}

// ServeHTTP answers requests that came to this machine by its own name alone:
// a foreign site whose name was pointed here (DNS rebinding) gets no tokens.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !IsLocal(r.Host) {
		http.Error(w, "The demo answers at http://localhost only.", http.StatusForbidden)
		return
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache") // the files may be another version's at the next start
	p.mux.ServeHTTP(w, r)
}

// IsLocal reports whether a Host header names this machine itself.
func IsLocal(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

func (p *Pages) index(w http.ResponseWriter, r *http.Request) {
	base := "http://" + r.Host
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// What fails here is the connection: there is nobody to tell.
	p.landing.Execute(w, map[string]string{
		"Curl": p.Curl(base), "Publish": p.Publish(base), "API": base + "/api/" + p.endpoint.Name, "Secret": p.secret(),
	})
}

// settings answers what an example's page asks for at its start; the file
// examples/shared/settings.js says what each field means. Without a role the
// page asks the visitor who they are.
func (p *Pages) settings(role string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		s := map[string]any{
			"websocket": "/ws/" + p.endpoint.Name, "token": "/demo/token", "user": nil,
			"news": News, "views": true, "roles": roles[:4],
		}
		if role != "" {
			s["user"] = map[string]string{"uid": rand.Text(), "name": "Visitor", "role": role}
		}
		answer(w, http.StatusOK, s)
	}
}
