package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPluginPush(t *testing.T) {
	type answer struct {
		status int
		body   string
	}
	var next answer
	var got string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization")
		for _, part := range []string{"manifest", "wasm"} {
			f, _, err := r.FormFile(part)
			if err != nil {
				got += " " + err.Error()
				continue
			}
			text, _ := io.ReadAll(f)
			got += fmt.Sprint(" ", part, " ", len(text))
		}
		w.WriteHeader(next.status)
		io.WriteString(w, next.body)
	}))
	defer api.Close()
	author := t.TempDir()
	putQuiz(t, author, 1)
	wasm := len(answering("answer 1"))
	address := strings.TrimPrefix(api.URL, "http://")
	config := filepath.Join(write(t, "[Global]\nAdminToken = \""+adminToken+"\"\nAdminAddress = \""+address+"\"\n"+minimal), "config.toml")

	for _, c := range []struct {
		answer
		code     int
		out, err string
	}{
		{answer{200, `{"plugin":"quiz","old":"1","new":"2","endpoints":["a","b"]}`}, 0, "quiz 1 -> 2 serves a, b\n", ""},
		{answer{200, `{"plugin":"quiz","old":"","new":"2","endpoints":["a"]}`}, 0, "quiz 2 is new and serves a\n", ""},
		{answer{200, `{"plugin":"quiz","old":"2","new":"2","endpoints":["a"]}`}, 0, "quiz 2 -> 2 (another build or manifest) serves a\n", ""},
		{answer{200, `{"plugin":"quiz","old":"","new":"2","endpoints":[]}`}, 0, "quiz 2 is kept, but serves nowhere: add \"quiz\" to Endpoints.<name>.Plugins and start the server anew\n", ""},
		{answer{422, `{"error":{"code":"bad_request","message":"quiz 2: on endpoint shop: it refuses its configuration: n is missing"}}`}, 1, "", "driplet: quiz 2: on endpoint shop: it refuses its configuration: n is missing (bad_request)\n"},
		{answer{404, "<html>"}, 1, "", "driplet: " + api.URL + " answered 404 Not Found: is it a server's admin API?\n"},
		{answer{200, "<html>"}, 1, "", "driplet: " + api.URL + " answered with something else than JSON: is it a server's admin API?\n"},
	} {
		next, got = c.answer, ""
		r := inProcess(t, "plugin", "push", "-config", config, author)
		if r.code != c.code || r.out != c.out || r.err != c.err {
			t.Errorf("%s: exit %d, stdout %q, stderr %q", c.body, r.code, r.out, r.err)
		}
		if want := fmt.Sprintf("PUT /admin/plugins/quiz Bearer %s manifest 56 wasm %d", adminToken, wasm); got != want {
			t.Errorf("the server got %q, want %q", got, want)
		}
	}

	got = ""
	broken := t.TempDir()
	putQuiz(t, broken, 1)
	writeFile(t, filepath.Join(broken, "quiz.wasm"), "\x00asm")
	unbuilt := t.TempDir()
	putQuiz(t, unbuilt, 1)
	if err := os.Remove(filepath.Join(unbuilt, "quiz.wasm")); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(write(t, minimal), "config.toml")
	free := filepath.Join(write(t, "[Global]\nAdminToken = \""+adminToken+"\"\nAdminAddress = \"127.0.0.1:0\"\n"+minimal), "config.toml")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-config", config, broken}, 1, "not sent, because no server would load it:\nquiz 1: quiz.wasm is not a module that can be loaded"},
		{[]string{"-config", config, unbuilt}, 1, "quiz.wasm is not there"},
		{[]string{"-config", config, t.TempDir()}, 2, "holds no manifest NAME.toml"},
		{[]string{"-config", config, author, author}, 2, "it takes one plugin, not 2"},
		{[]string{"-config", plain, author}, 2, "sets no Global.AdminToken, so the server has no admin API: set one (openssl rand -hex 32)"},
		{[]string{"-config", free, author}, 2, "Global.AdminAddress has port 0"},
		{[]string{"-url", "127.0.0.1:4720", author}, 2, "\"127.0.0.1:4720\" is not the URL of an admin API"},
		{[]string{"-url", "http://127.0.0.1:4720", author}, 2, "there is no token: give -token or DRIPLET_GLOBAL_ADMINTOKEN"},
		{[]string{"-url", "http://127.0.0.1:1", "-token", "x", author}, 1, "no answer from http://127.0.0.1:1: "},
	} {
		if r := inProcess(t, append([]string{"plugin", "push"}, c.args...)...); r.code != c.code || !strings.Contains(r.err, c.want) || got != "" {
			t.Errorf("%q: exit %d, stderr %q, the server got %q", c.args, r.code, r.err, got)
		}
	}
}
