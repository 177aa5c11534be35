package lint

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// Habits judges a file's names, comments and length.
func Habits(f *File) []string {
	var faults []string
	if name := strings.TrimSuffix(f.ast.Name.Name, "_test"); slices.Contains(vagueNames, name) {
		faults = append(faults, fmt.Sprintf("%s: a package named %s says nothing: name what is inside", f.line(f.ast), name))
	}
	if f.IsTest() {
		return faults
	}
	if f.Lines > MaxLines {
		faults = append(faults, fmt.Sprintf("%s: %d lines, more than %d: one concept a file", f.Path, f.Lines, MaxLines))
	}
	for _, decl := range f.ast.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			faults = append(faults, function(f, d)...)
		case *ast.GenDecl:
			faults = append(faults, declarations(f, d)...)
		}
	}
	return faults
}

func function(f *File, d *ast.FuncDecl) []string {
	if d.Recv == nil && d.Name.Name == "init" && !isGuest(f) {
		return []string{f.line(d) + ": no init functions: what runs at start is called in main"}
	}
	if !d.Name.IsExported() || d.Doc.Text() != "" || d.Recv != nil && !ast.IsExported(receiver(d.Recv.List[0].Type)) {
		return nil
	}
	return []string{undocumented(f, d, d.Name.Name)}
}

// isGuest reports a WebAssembly plugin, whose main never runs: there init is
// where handlers are named.
func isGuest(f *File) bool {
	return strings.HasPrefix(f.Path, "plugins/") && f.ast.Name.Name == "main"
}

// receiver is the name of a method's type.
func receiver(t ast.Expr) string {
	for {
		switch v := t.(type) {
		case *ast.StarExpr:
			t = v.X
		case *ast.IndexExpr:
			t = v.X
		case *ast.IndexListExpr:
			t = v.X
		case *ast.Ident:
			return v.Name
		default:
			return ""
		}
	}
}

// declarations wants a comment on each type; constants and variables may share
// the one on their group.
func declarations(f *File, d *ast.GenDecl) []string {
	var faults []string
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc.Text()+s.Doc.Text()+s.Comment.Text() == "" {
				faults = append(faults, undocumented(f, s, s.Name.Name))
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() && d.Doc.Text()+s.Doc.Text()+s.Comment.Text() == "" {
					faults = append(faults, undocumented(f, name, name.Name))
				}
			}
		}
	}
	return faults
}

func undocumented(f *File, n ast.Node, name string) string {
	return fmt.Sprintf("%s: %s is exported without a comment that says what it is", f.line(n), name)
}

// PackageComments wants one file of each package to say what it is for.
func PackageComments(files []*File) []string {
	said, first := map[string]bool{}, map[string]*File{}
	for _, f := range files {
		if f.IsTest() {
			continue
		}
		pkg := f.Package()
		said[pkg] = said[pkg] || f.ast.Doc.Text() != ""
		if first[pkg] == nil {
			first[pkg] = f
		}
	}
	var faults []string
	for pkg, f := range first {
		if !said[pkg] {
			faults = append(faults, fmt.Sprintf("%s: no file of package %s has a package comment", f.Path, pkg))
		}
	}
	slices.Sort(faults)
	return faults
}
