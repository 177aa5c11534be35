package main

import (
	"net/http"

	sdkjs "github.com/driplet/driplet/sdk/js"
)

// sdk serves the JavaScript SDK to pages of any site: a browser imports a
// module from another origin only with that server's leave (CORS), and what is
// in it is public.
func sdk() http.Handler {
	files := http.FileServerFS(sdkjs.Files())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		files.ServeHTTP(w, r)
	})
}
