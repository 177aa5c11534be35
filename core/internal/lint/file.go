package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// File is one Go source file.
type File struct {
	Path  string // from the module's root, with slashes
	Lines int
	ast   *ast.File
	fset  *token.FileSet
}

// Parse reads one file's source; name is its path from the module's root.
func Parse(name string, source []byte) (*File, error) {
	f := &File{Path: name, Lines: strings.Count(string(source), "\n"), fset: token.NewFileSet()}
	var err error
	f.ast, err = parser.ParseFile(f.fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	return f, err
}

// Package is the folder, which is the import path behind Module.
func (f *File) Package() string { return path.Dir(f.Path) }

// IsTest reports whether the file belongs to tests alone.
func (f *File) IsTest() bool { return strings.HasSuffix(f.Path, "_test.go") }

// line is a node's place as "core/hub/hub.go:12".
func (f *File) line(n ast.Node) string {
	p := f.fset.Position(n.Pos())
	p.Column = 0
	return p.String()
}

// ReadModule reads every Go file below root but other modules' and test data.
func ReadModule(root string) ([]*File, error) {
	var files []*File
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipFolder(root, name, d.Name())
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f, err := Parse(filepath.ToSlash(rel), source)
		if err == nil {
			files = append(files, f)
		}
		return err
	})
	return files, err
}

func skipFolder(root, name, base string) error {
	if name == root {
		return nil
	}
	if base == "node_modules" || base == "vendor" || base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}
