package javascript_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/driplet/driplet/cmd/driplet/build/javascript"
)

// locked is where the plugins' lock file puts the engine.
const locked = "../../../../plugins/node_modules/quickjs-wasi/quickjs.wasm"

func engine(t *testing.T) []byte {
	t.Helper()
	wasm, err := javascript.Engine(t.Context(), javascript.Source{File: locked})
	if err != nil {
		t.Fatalf("%v\nIf it is missing, run `make tools`.", err)
	}
	return wasm
}

// pack makes a package that holds one file.
func pack(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The engine is downloaded once, checked, and kept.
func TestEngineIsKept(t *testing.T) {
	want := engine(t)
	tgz := pack(t, "package/quickjs.wasm", want)
	var asked atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Length", fmt.Sprint(len(tgz)))
		w.Write(tgz)
	}))
	defer srv.Close()
	var said []string
	s := javascript.Source{
		Cache: filepath.Join(t.TempDir(), "driplet"), URL: srv.URL,
		Say: func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) },
	}
	for range 2 {
		got, err := javascript.Engine(t.Context(), s)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatal(err)
		}
	}
	if asked.Load() != 1 || len(said) < 2 || said[0] != "downloading the JavaScript engine (once): "+srv.URL || !strings.HasSuffix(said[len(said)-1], " KB") {
		t.Errorf("asked %d times, said %q", asked.Load(), said)
	}
	// What is broken is fetched again, and told.
	files, err := filepath.Glob(filepath.Join(s.Cache, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if err := os.WriteFile(files[0], want[:1000], 0o600); err != nil {
		t.Fatal(err)
	}
	said = nil
	if _, err := javascript.Engine(t.Context(), s); err != nil || asked.Load() != 2 || !strings.Contains(said[0], "it is downloaded again") {
		t.Errorf("%v, asked %d times, said %q", err, asked.Load(), said)
	}
}

// Without a network, or with something else in its place, the error says what
// to do.
func TestEngineRefuses(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/other":
			w.Write(pack(t, "package/quickjs.wasm", []byte("\x00asm")))
		case "/none":
			w.Write(pack(t, "package/README.md", []byte("hello")))
		case "/broken":
			w.Write([]byte{0x1f, 0x8b, 0})
		default:
			http.NotFound(w, r)
		}
	}))
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	defer other.Close()
	for url, want := range map[string]string{
		gone.URL:              "connection refused",
		other.URL:             "answered 404 Not Found",
		other.URL + "/other":  "it is not quickjs.wasm of quickjs-wasi " + javascript.EngineVersion + ": its SHA-256 is ",
		other.URL + "/none":   "the package holds no quickjs.wasm",
		other.URL + "/broken": "EOF",
	} {
		cache := t.TempDir()
		_, err := javascript.Engine(t.Context(), javascript.Source{Cache: cache, URL: url})
		if err == nil {
			t.Errorf("%s: taken", url)
			continue
		}
		for _, text := range []string{want, "without a network: download " + url + " elsewhere, and give it with --engine FILE; or take quickjs.wasm out of it and put it at " + cache} {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v, want %q", url, err, text)
			}
		}
		if left, err := os.ReadDir(cache); err != nil || len(left) > 0 {
			t.Errorf("%s left %v, %v", url, left, err)
		}
	}
	if _, err := javascript.Engine(t.Context(), javascript.Source{File: "engine_test.go"}); err == nil || !strings.Contains(err.Error(), "engine_test.go: it is not quickjs.wasm") {
		t.Error(err)
	}
}
