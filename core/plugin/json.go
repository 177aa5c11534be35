package plugin

import "github.com/driplet/driplet/core"

// jsonText checks one JSON text without allocating: valid says whether it is
// one, compact whether it holds no white space between its tokens.
func jsonText(src []byte) (valid, compact bool) {
	spaced, err := core.ScanJSON(src)
	return err == nil, !spaced
}

// copyJSON copies a JSON text, compacted.
func copyJSON(src []byte) ([]byte, bool) {
	out, err := core.CompactJSON(nil, src)
	return out, err == nil
}
