package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"

	"github.com/tetratelabs/wazero"
)

// Compiled code is kept in a folder of its own for each module, below CacheDir
// and named by the SHA-256 of what is compiled: so what no plugin that serves
// needs any more can be told, and taken away.

// codeCache is where a module's compiled code is kept; nil where dir is "".
func codeCache(dir string, wasm []byte) (name string, cache wazero.CompilationCache, err error) {
	if dir == "" {
		return "", nil, nil
	}
	sum := sha256.Sum256(wasm)
	name = hex.EncodeToString(sum[:])
	cache, err = wazero.NewCompilationCacheWithDir(filepath.Join(dir, name))
	return name, cache, err
}

// tidyCode takes away the compiled code of what does not serve. The caller
// holds changing. What cannot be removed costs space alone, and is tried again
// at the next change.
func (h *Host) tidyCode() {
	if h.CacheDir == "" {
		return
	}
	needed := map[string]bool{}
	for _, t := range *h.tenants.Load() {
		for _, b := range t.bindings {
			needed[b.code] = true
		}
	}
	entries, err := os.ReadDir(h.CacheDir)
	if err != nil {
		h.Log.Warn("the folder of compiled code cannot be read: what is not needed stays there", "error", err)
		return
	}
	for _, e := range entries {
		if needed[e.Name()] || !isCode(e.Name()) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(h.CacheDir, e.Name())); err != nil {
			h.Log.Warn("compiled code that is not needed cannot be removed", "error", err)
		}
	}
}

// isCode tells our folders from what somebody else has put beside them. Earlier
// versions of the server kept all code in one folder of wazero's.
func isCode(name string) bool {
	_, err := hex.DecodeString(name)
	return err == nil && len(name) == 2*sha256.Size || strings.HasPrefix(name, "wazero-")
}
