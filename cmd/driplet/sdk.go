package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	sdkjs "github.com/driplet/driplet/sdk/js"
)

// sdkFile is one file of the SDK in both forms, made once.
type sdkFile struct {
	plain, zipped []byte
	tag           string // of the plain form (RFC 9110, 8.8.3), without quotes
}

// sdk serves the JavaScript SDK to pages of any site: a browser imports a
// module from another origin only with that server's leave (CORS, and CORP
// where the page isolates itself), and what is in it is public. A page asks
// each time whether its copy is still this server's: both always fit.
func sdk() http.Handler {
	files := map[string]sdkFile{}
	for _, name := range []string{"driplet.mjs", "driplet.js"} {
		plain, err := fs.ReadFile(sdkjs.Files(), name)
		if err != nil {
			panic(err) // it is part of the binary
		}
		var zipped bytes.Buffer
		zip, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // this level exists
		zip.Write(plain)                                             // a buffer takes everything
		zip.Close()
		files[name] = sdkFile{plain, zipped.Bytes(), fmt.Sprintf("%x", sha256.Sum256(plain))[:16]}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Access-Control-Allow-Origin", "*")
		name := strings.TrimPrefix(r.URL.Path, "/")
		file, found := files[name]
		if !found {
			http.Error(w, "there are driplet.mjs, a module, and driplet.js, for a script element", http.StatusNotFound)
			return
		}
		header.Set("Content-Type", "text/javascript; charset=utf-8")
		header.Set("Cross-Origin-Resource-Policy", "cross-origin")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-cache")
		header.Set("Vary", "Accept-Encoding")
		body, tag := file.plain, file.tag
		if takesGzip(r.Header) {
			body, tag = file.zipped, tag+"-gzip"
			header.Set("Content-Encoding", "gzip")
		}
		header.Set("ETag", `"`+tag+`"`)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
	})
}

// takesGzip reads Accept-Encoding (RFC 9110, 12.5.3). Who names gzip with the
// weight 0 refuses it.
func takesGzip(h http.Header) bool {
	for _, coding := range strings.Split(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, weight, weighed := strings.Cut(strings.ReplaceAll(coding, " ", ""), ";")
		if strings.EqualFold(name, "gzip") {
			return !weighed || strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != ""
		}
	}
	return false
}
