package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/driplet/driplet/core/auth"
)

// Rotation says which secrets Rotate replaces.
type Rotation struct {
	Endpoint string // "": every endpoint
	API, JWT bool
}

// Rotated is one secret that Rotate replaced.
type Rotated struct {
	Endpoint string
	Key      string // "APISecret" or "JWTSecret"
	Kept     bool   // the old one still verifies, as the previous one
}

// Rotate gives the file at path new random secrets. What they replace becomes
// APISecretPrevious or JWTSecretPrevious, which still verify; a secret that
// the old server published does not, it is dropped. Every other byte stays.
// The file is replaced in one step, with its mode and owner.
func Rotate(path string, r Rotation) ([]Rotated, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // replace the file, not the link
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	after, done, err := rotate(path, data, r)
	if err != nil {
		return nil, err
	}
	return done, replaceFile(path, after, info)
}

// edit replaces data[from:to].
type edit struct {
	from, to int
	text     string
}

func rotate(path string, data []byte, r Rotation) ([]byte, []Rotated, error) {
	p := &problems{}
	data = bytes.TrimPrefix(data, byteOrderMark) // offsets count from behind it
	d := readDocument(path, data, p)
	if err := p.err(); err != nil {
		return nil, nil, err
	}
	var edits []edit
	var done []Rotated
	found := false
	each(d.root, "Endpoints", func(endpoint *entry) {
		t, ok := endpoint.value.(*table)
		if !ok || r.Endpoint != "" && !strings.EqualFold(endpoint.name, r.Endpoint) {
			return
		}
		found = true
		for _, key := range []string{"APISecret", "JWTSecret"} {
			if key == "APISecret" && !r.API || key == "JWTSecret" && !r.JWT {
				continue
			}
			name := "Endpoints." + endpoint.name + "." + key
			current := t.find(key)
			if current == nil {
				p.errorf(endpoint.from, "%s is not in this file: is it in the environment? Change it there", name)
				continue
			}
			old, ok := current.value.(string)
			if !ok {
				p.errorf(current.from, "%s must be a text in quotes, not %s", name, "what stands there")
				continue
			}
			more, kept := rotateKey(data, t, key, current, old)
			edits = append(edits, more...)
			done = append(done, Rotated{Endpoint: strings.ToLower(endpoint.name), Key: key, Kept: kept})
		}
	})
	if !found {
		return nil, nil, Errors{fmt.Sprintf("%s has no endpoint %s", path, r.Endpoint)}
	}
	if err := p.err(); err != nil {
		return nil, nil, err
	}
	return apply(data, edits), done, nil
}

// rotateKey writes a new secret over the current one, and the current one over
// the previous, or on a line of its own below.
func rotateKey(data []byte, t *table, key string, current *entry, old string) (edits []edit, kept bool) {
	at := current.source
	edits = append(edits, edit{at.value, at.end, quote(auth.NewSecret())})
	keep := old
	if auth.IsPublished(old) {
		keep = ""
	}
	previous := t.find(key + "Previous")
	switch {
	case previous != nil:
		edits = append(edits, edit{previous.source.value, previous.source.end, quote(keep)})
	case keep == "":
	case at.inline:
		edits = append(edits, edit{at.end, at.end, ", " + key + "Previous = " + quote(keep)})
	default:
		edits = append(edits, lineBelow(data, at, key+"Previous = "+quote(keep)))
	}
	return edits, keep != ""
}

// lineBelow adds a line below a key's, indented like it, with the same table
// in front if the key is a dotted one.
func lineBelow(data []byte, at keyValue, text string) edit {
	start := bytes.LastIndexByte(data[:at.key], '\n') + 1
	text = string(data[start:at.lastPart]) + text
	end := at.end + bytes.IndexByte(data[at.end:], '\n') + 1
	if end == at.end { // the last line, without an end
		return edit{len(data), len(data), "\n" + text}
	}
	newline := "\n"
	if end >= 2 && data[end-2] == '\r' {
		newline = "\r\n"
	}
	return edit{end, end, text + newline}
}

func apply(data []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.from - b.from })
	var out bytes.Buffer
	done := 0
	for _, e := range edits {
		out.Write(data[done:e.from])
		out.WriteString(e.text)
		done = e.to
	}
	out.Write(data[done:])
	return out.Bytes()
}

// replaceFile is atomic: after a crash there is the old file or the new one.
func replaceFile(path string, data []byte, like os.FileInfo) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".driplet-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(like.Mode().Perm()), keepOwner(f, like), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
