package main

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// A page gets the SDK small, asks the next time whether it is still the same,
// and may be of any site.
func TestSDK(t *testing.T) {
	handler := sdk()
	get := func(name, encodings, tag string) *http.Response {
		r := httptest.NewRequest("GET", "/"+name, nil)
		if encodings != "" {
			r.Header.Set("Accept-Encoding", encodings)
		}
		if tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result()
	}
	for _, name := range []string{"driplet.mjs", "driplet.js"} {
		built, err := os.ReadFile(filepath.Join("../../sdk/js/dist", name))
		if err != nil {
			t.Fatal(err)
		}
		for encodings, zipped := range map[string]bool{"": false, "gzip, deflate, br": true, "br;q=1.0, GZIP; q=0.5": true, "gzip;q=0": false, "gzip; q=0.000": false, "identity": false} {
			answer := get(name, encodings, "")
			var body io.Reader = answer.Body
			if got := answer.Header.Get("Content-Encoding"); (got == "gzip") != zipped {
				t.Errorf("%s for %q: Content-Encoding %q", name, encodings, got)
				continue
			}
			if zipped {
				if body, err = gzip.NewReader(answer.Body); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := io.ReadAll(body); err != nil || string(got) != string(built) {
				t.Errorf("%s for %q: %d bytes, %v; dist/ has %d", name, encodings, len(got), err, len(built))
			}
			for key, want := range map[string]string{
				"Content-Type": "text/javascript; charset=utf-8", "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
				"Cache-Control": "no-cache", "Vary": "Accept-Encoding",
			} {
				if got := answer.Header.Get(key); got != want {
					t.Errorf("%s: %s is %q, want %q", name, key, got, want)
				}
			}
			if again := get(name, encodings, answer.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
				t.Errorf("%s again, for %q: status %d", name, encodings, again.StatusCode)
			}
			if other := get(name, encodings, `"another"`); other.StatusCode != http.StatusOK {
				t.Errorf("%s, changed: status %d", name, other.StatusCode)
			}
		}
	}
	if plain, zipped := get("driplet.js", "", "").Header.Get("ETag"), get("driplet.js", "gzip", "").Header.Get("ETag"); plain == zipped {
		t.Errorf("both forms have the tag %s", plain)
	}
	for _, name := range []string{"", "driplet.d.ts", "../driplet.js"} {
		if answer := get(name, "", ""); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%q: status %d", name, answer.StatusCode)
		}
	}
}
