package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/driplet/driplet/core"
	"github.com/driplet/driplet/core/server"
)

const adminToken = "0123456789abcdef0123456789abcdef"

// shelf stands in for the plugin host: it refuses what says so.
type shelf struct{ pushed []string }

// Serving is server.Plugins'.
func (s *shelf) Serving() any { return []string{"chat"} }

// Push is server.Plugins'.
func (s *shelf) Push(_ context.Context, name string, manifest, wasm []byte) (any, error) {
	switch string(manifest) {
	case "bad":
		return nil, core.Errorf(core.CodeBadRequest, "chat 2: imports fly, which this server does not know")
	case "nowhere":
		return nil, core.Errorf(core.CodeConflict, "this server has no folder for plugins")
	case "panic":
		panic("out of cheese")
	}
	s.pushed = append(s.pushed, name+" "+string(manifest)+" "+string(wasm))
	return map[string]string{"plugin": name}, nil
}

// Traces is server.Plugins'.
func (s *shelf) Traces(name, endpoint string, after uint64, last int) (any, error) {
	if name != "chat" {
		return nil, core.Errorf(core.CodeNotFound, "no endpoint has the plugin %q", name)
	}
	return []string{fmt.Sprintf("%s <%s> %d %d", name, endpoint, after, last)}, nil
}

// form builds a multipart body of names and values in turn.
func form(parts ...string) (contentType string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		f, _ := w.CreateFormFile(parts[i], "file") // a bytes.Buffer takes everything
		io.WriteString(f, parts[i+1])
	}
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

func TestAdmin(t *testing.T) {
	s := &shelf{}
	var warned []string
	web := httptest.NewServer(server.NewAdmin(server.AdminOptions{
		Token: adminToken, Plugins: s, ManifestBytes: 100, ModuleBytes: 1000, Warn: func(text string) { warned = append(warned, text) },
	}))
	defer web.Close()
	multi, good := form("manifest", "m", "wasm", "w")
	body := func(parts ...string) []byte { // with the same boundary
		_, b := form(parts...)
		boundary := func(b []byte) []byte { return b[2:bytes.IndexByte(b, '\r')] }
		return bytes.ReplaceAll(b, boundary(b), boundary(good))
	}
	bearer := "Bearer " + adminToken
	for _, c := range []struct {
		method, path, auth, kind string
		body                     []byte
		status                   int
		want                     string
	}{
		{"GET", "/admin/plugins", bearer, "", nil, 200, `{"plugins":["chat"]}`},
		{"GET", "/admin/plugins", "bearer " + adminToken, "", nil, 200, `{"plugins":["chat"]}`},
		{"GET", "/admin/plugins", "", "", nil, 401, `"message":"send the header Authorization: Bearer with Global.AdminToken"`},
		{"GET", "/admin/plugins", "Bearer x", "", nil, 401, `"message":"the token is another than Global.AdminToken"`},
		{"GET", "/admin/plugins", "Basic " + adminToken, "", nil, 401, `"code":"unauthorized"`},
		{"GET", "/admin/plugins", bearer + "0", "", nil, 401, `"code":"unauthorized"`},
		{"GET", "/admin/nothing", "", "", nil, 401, `"code":"unauthorized"`},
		{"GET", "/admin/nothing", bearer, "", nil, 404, `"code":"not_found"`},
		{"DELETE", "/admin/plugins", bearer, "", nil, 405, `it takes GET`},
		{"GET", "/admin/plugins/chat/trace", bearer, "", nil, 200, `["chat <> 0 0"]`},
		{"GET", "/admin/plugins/chat/trace?endpoint=shop&after=18446744073709551615&last=20", bearer, "", nil, 200, `["chat <shop> 18446744073709551615 20"]`},
		{"GET", "/admin/plugins/chat/trace?after=-1", bearer, "", nil, 400, `after and last are whole numbers`},
		{"GET", "/admin/plugins/chat/trace?last=70000", bearer, "", nil, 400, `after and last are whole numbers`},
		{"GET", "/admin/plugins/none/trace", bearer, "", nil, 404, `no endpoint has the plugin`},
		{"GET", "/admin/plugins/chat/trace", "", "", nil, 401, `"code":"unauthorized"`},
		{"PUT", "/admin/plugins/chat", "Bearer x", multi, good, 401, `"code":"unauthorized"`},
		{"PUT", "/admin/plugins/chat", bearer, multi, good, 200, `{"plugin":"chat"}`},
		{"PUT", "/admin/plugins/chat", bearer, multi, body("manifest", "bad", "wasm", "w"), 422, `imports fly, which this server does not know`},
		{"PUT", "/admin/plugins/chat", bearer, multi, body("manifest", "nowhere", "wasm", "w"), 409, `no folder for plugins`},
		{"PUT", "/admin/plugins/chat", bearer, multi, body("manifest", "panic", "wasm", "w"), 500, `"code":"internal"`},
		{"PUT", "/admin/plugins/chat", bearer, "application/json", []byte("{}"), 400, `send multipart/form-data with the parts manifest and wasm`},
		{"PUT", "/admin/plugins/chat", bearer, multi, []byte("rubbish"), 400, `no whole multipart/form-data`},
		{"PUT", "/admin/plugins/chat", bearer, multi, good[:len(good)/2], 400, `no whole multipart/form-data`},
		{"PUT", "/admin/plugins/chat", bearer, multi, body("manifest", "m"), 400, `a part is missing: send both manifest and wasm`},
		{"PUT", "/admin/plugins/chat", bearer, multi, body("manifest", "m", "wasm", "w", "more", "x"), 400, `there is no part \"more\"`},
		{"PUT", "/admin/plugins/chat", bearer, multi, body("manifest", strings.Repeat("m", 101), "wasm", "w"), 413, `the part manifest has more than 100 bytes`},
		{"PUT", "/admin/plugins/chat", bearer, multi, body("manifest", "m", "wasm", strings.Repeat("w", 1001)), 413, `the part wasm has more than 1000 bytes`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, web.URL+c.path, bytes.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.auth != "" {
			r.Header.Set("Authorization", c.auth)
		}
		r.Header.Set("Content-Type", c.kind)
		res, err := web.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != c.status || !strings.Contains(string(text), c.want) || (c.status == 401) != (res.Header.Get("WWW-Authenticate") != "") {
			t.Errorf("%s %s %q: %d %s, %v, want %d %s", c.method, c.path, c.auth, res.StatusCode, text, err, c.status, c.want)
		}
		if strings.Contains(string(text), adminToken) {
			t.Errorf("the token is shown: %s", text)
		}
	}
	if got := fmt.Sprint(s.pushed); got != "[chat m w]" {
		t.Errorf("pushed %s", got)
	}
	if len(warned) != 1 || !strings.Contains(warned[0], "out of cheese") {
		t.Errorf("warned %q", warned)
	}
}
