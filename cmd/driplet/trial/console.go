package trial

import (
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"net/http"
	"time"

	"github.com/driplet/driplet/cmd/driplet/demo"
	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
	"github.com/driplet/driplet/core/plugin"
	"github.com/driplet/driplet/core/server"
)

//go:embed public
var public embed.FS

// Console serves the page and its tokens, to this machine alone.
type Console struct {
	endpoint *core.Endpoint
	manifest *plugin.Manifest
	page     *template.Template
	mux      *http.ServeMux
}

// NewConsole prepares the page of an endpoint made by Configuration.
func NewConsole(e *core.Endpoint, m *plugin.Manifest) (*Console, error) {
	c := &Console{endpoint: e, manifest: m, mux: http.NewServeMux()}
	var err error
	if c.page, err = template.ParseFS(public, "public/index.html"); err != nil {
		return nil, err
	}
	files, err := fs.Sub(public, "public")
	if err != nil {
		return nil, err
	}
	c.mux.HandleFunc("GET /{$}", c.index)
	c.mux.HandleFunc("POST /run/token", c.token)
	c.mux.Handle("GET /run/", http.StripPrefix("/run/", http.FileServerFS(files)))
	return c, nil
}

// ServeHTTP answers requests that came to this machine by its own name alone.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !demo.IsLocal(r.Host) {
		http.Error(w, "This page answers at http://localhost only.", http.StatusForbidden)
		return
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-store")
	c.mux.ServeHTTP(w, r)
}

func (c *Console) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// What fails here is the connection: there is nobody to tell.
	c.page.Execute(w, map[string]any{
		"Name": c.manifest.Name, "Version": c.manifest.Version, "Events": c.manifest.Events, "Topics": c.manifest.Topics,
	})
}

// token gives out a token for any user with any claims.
func (c *Console) token(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	claims := map[string]any{}
	if err := json.Unmarshal([]byte(q.Get("claims")), &claims); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"status": "error", "message": "the claims are no JSON object: write {\"roles\":[\"editor\"]}"})
		return
	}
	if uid := q.Get("uid"); uid != "" {
		claims[c.endpoint.UserClaim] = uid
	}
	token, err := c.Token(claims)
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"status": "error", "message": core.AsError(err).Message})
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "success", "message": "", "token": token})
}

// tokenTTL: a day of work.
const tokenTTL = 24 * time.Hour

// Token signs a token with those claims.
func (c *Console) Token(custom map[string]any) (string, error) {
	now := time.Now()
	return auth.Mint(c.endpoint.JWTKeys[0].Secret, map[string]any{"iat": now.Unix(), "exp": now.Add(tokenTTL).Unix(), "custom": custom})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// Mounts are the page's own paths.
func (c *Console) Mounts() []server.Mount { return []server.Mount{{Path: "/run/", Handler: c}} }
