package demo

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/auth"
)

// roles are those that a visitor of the demo may choose.
var roles = []string{"member", "editor", "moderator", "administrator", "analytics"}

const (
	tokenTTL = time.Hour
	// maxText is for names and user ids: what a page shows in one line.
	maxText = 64
)

// token gives out a token for whoever the visitor wants to be. A site with
// users asks for a login here: examples/backend shows how.
func (p *Pages) token(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	uid, name, role := q.Get("uid"), strings.TrimSpace(q.Get("name")), q.Get("role")
	switch {
	case !good(uid):
		refuse(w, "uid is a text of 1 to 64 characters that the page makes up and keeps")
		return
	case !good(name):
		refuse(w, "name is a text of 1 to 64 characters")
		return
	case !slices.Contains(roles, role):
		refuse(w, "role is one of "+strings.Join(roles, ", "))
		return
	}
	now := time.Now()
	token, err := auth.Mint(p.endpoint.JWTKeys[0].Secret, map[string]any{
		"iat": now.Unix(), "exp": now.Add(tokenTTL).Unix(),
		"custom": map[string]any{p.endpoint.UserClaim: uid, "name": name, "roles": []string{role}},
	})
	if err != nil {
		refuse(w, core.AsError(err).Message)
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "success", "message": "a token for " + name, "token": token})
}

func good(s string) bool {
	return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxText && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func refuse(w http.ResponseWriter, message string) {
	answer(w, http.StatusBadRequest, map[string]string{"status": "error", "message": message})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
