package main

import (
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

//go:embed *.go
var sources embed.FS

// snippet returns what the page shows of a file: all that stands between its imports and
// the mistake itself.
func snippet(file string) (string, error) {
	src, err := sources.ReadFile(file)
	if err != nil {
		return "", err
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, src, parser.ParseComments)
	if err != nil {
		return "", err
	}
	begin, end := 0, len(src)
	for _, d := range parsed.Decls {
		decl, ok := d.(*ast.GenDecl)
		switch {
		case ok && decl.Tok == token.IMPORT:
			begin = fset.Position(decl.End()).Offset
		case ok && definesMistake(decl):
			end = min(end, fset.Position(decl.Pos()).Offset)
		}
	}
	if begin == 0 || begin > end {
		return "", fmt.Errorf("%s: nothing to show between its imports and its mistake", file)
	}
	return strings.TrimSpace(string(src[begin:end])), nil
}

// definesMistake reports whether the declaration reads: var x = mistake{...}.
func definesMistake(decl *ast.GenDecl) bool {
	for _, s := range decl.Specs {
		spec, ok := s.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			continue
		}
		literal, ok := spec.Values[0].(*ast.CompositeLit)
		if !ok {
			continue
		}
		if typ, ok := literal.Type.(*ast.Ident); ok && typ.Name == "mistake" {
			return true
		}
	}
	return false
}
