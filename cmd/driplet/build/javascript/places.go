package javascript

import (
	"encoding/json"
	"fmt"
	"strings"
)

// places turns a source map (ECMA-426) into what explain.ts looks places up in,
// cheaply: a line of the author's files, divided by tabs, then for each line of
// the bundle that comes from one of them its number, and what begins where:
//
//	LINE:COLUMN,FILE,LINE,COLUMN;COLUMN,FILE,LINE,COLUMN;…
//
// All count from 1 but FILE. What comes from the library is left out.
func places(sourceMap []byte) ([]byte, error) {
	var m struct {
		Sources  []string `json:"sources"`
		Mappings string   `json:"mappings"`
	}
	if err := json.Unmarshal(sourceMap, &m); err != nil {
		return nil, fmt.Errorf("esbuild's source map: %w", err)
	}
	files := map[int]int{} // the author's, by their place among the sources
	var names []string
	for i, s := range m.Sources {
		if !fromLibrary(s) {
			files[i] = len(names)
			names = append(names, s)
		}
	}
	out := []byte(strings.Join(names, "\t"))
	var at [4]int // column in the bundle, source, line, column
	for n, line := range strings.Split(m.Mappings, ";") {
		at[0] = 0
		mark := byte(':')
		for _, segment := range strings.Split(line, ",") {
			if segment == "" {
				continue
			}
			if err := decode(segment, &at); err != nil {
				return nil, err
			}
			file, ok := files[at[1]]
			if !ok {
				continue
			}
			if mark == ':' {
				out = fmt.Appendf(out, "\n%d", n+1)
			}
			out = fmt.Appendf(append(out, mark), "%d,%d,%d,%d", at[0]+1, file, at[2]+1, at[3]+1)
			mark = ';'
		}
	}
	return append(out, '\n'), nil
}

// fromLibrary tells whether a source is part of the guest library: the binary's,
// or the plugin's copy.
func fromLibrary(source string) bool {
	return strings.HasPrefix(source, virtual+":") || strings.HasPrefix(source, libraryName+"/")
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// decode adds a segment's numbers, which are base 64 VLQ, to at.
func decode(segment string, at *[4]int) error {
	field, value, shift := 0, 0, 0
	for i := range len(segment) {
		digit := strings.IndexByte(digits, segment[i])
		if digit < 0 || shift > 30 {
			return fmt.Errorf("esbuild's source map: the segment %q is malformed", segment)
		}
		value |= digit & 31 << shift
		if shift += 5; digit&32 != 0 {
			continue
		}
		if value&1 != 0 {
			value = -(value >> 1)
		} else {
			value >>= 1
		}
		if field < len(at) {
			at[field] += value
		}
		field, value, shift = field+1, 0, 0
	}
	return nil
}
