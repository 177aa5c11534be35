package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// asConfig is the file that a plugin in AssemblyScript is known by.
const asConfig = "asconfig.json"

// asc is the compiler, in the folder of a package.
var asc = filepath.Join("node_modules", "assemblyscript", "bin", "asc.js")

// assemblyscript runs the compiler in the folder of the package that the plugin
// belongs to, its own or one above: names in the wasm file are paths from there.
func (b *job) assemblyscript(ctx context.Context) error {
	if err := b.need(node, npm); err != nil {
		return err
	}
	root, err := packageOf(b.Dir)
	if err != nil {
		return err
	}
	from, err := filepath.Rel(root, b.Dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(root, asc)); err != nil {
		install := "install"
		if _, err := os.Stat(filepath.Join(root, "package-lock.json")); err == nil {
			install = "ci"
		}
		fmt.Fprintf(b.Output, "npm %s: the compiler is not installed yet\n", install)
		quiet := *b
		quiet.Output = io.Discard // that it went well
		if err := quiet.runIn(ctx, root, nil, "npm", install, "--no-audit", "--no-fund", "--loglevel=error"); err != nil {
			return fmt.Errorf("%w\nnpm %s in %s must go well first; without a network copy node_modules from another plugin in AssemblyScript", err, install, root)
		}
	}
	args := []string{asc}
	if whole, err := namesEntries(filepath.Join(b.Dir, asConfig)); err != nil {
		return err
	} else if !whole {
		library, err := b.library()
		if err != nil {
			return err
		}
		args = append(args, filepath.Join(from, b.Built.File), filepath.Join(library, "exports.ts"))
	}
	return b.runIn(ctx, root, nil, "node", append(args, "--config", filepath.Join(from, asConfig), "--outFile", b.made)...)
}

// packageOf is the nearest folder with a package.json or the compiler: dir, an
// absolute path, or one above.
func packageOf(dir string) (string, error) {
	for root := dir; ; root = filepath.Dir(root) {
		for _, file := range []string{"package.json", asc} {
			if _, err := os.Stat(filepath.Join(root, file)); err == nil {
				return root, nil
			} else if !errors.Is(err, os.ErrNotExist) {
				return "", err
			}
		}
		if root == filepath.Dir(root) {
			return "", fmt.Errorf("neither %s nor a folder above it has a package.json, which names the compiler: 'driplet plugin new --lang assemblyscript' writes one", dir)
		}
	}
}

// namesEntries reports whether a configuration of the compiler says itself what
// is compiled, the guest library included.
func namesEntries(file string) (bool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	var c struct{ Entries []string }
	if err := json.Unmarshal(text, &c); err != nil {
		return false, fmt.Errorf("%s is not JSON: %w", file, err)
	}
	return len(c.Entries) > 0, nil
}
