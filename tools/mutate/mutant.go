package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// mutant is a file with one change.
type mutant struct {
	file   string
	line   int
	change string
	text   string // the line before the change
	source []byte
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", m.file, m.line, m.change, m.text)
}

// key names the mutant without its line number, which changes with the file.
func (m mutant) key() string { return fmt.Sprintf("%s: %s: %s", m.file, m.change, m.text) }

// mutator collects the mutants of one file.
type mutator struct {
	name    string
	fset    *token.FileSet
	source  []byte
	mutants []mutant
}

func mutate(name string, fset *token.FileSet, file *ast.File, source []byte) []mutant {
	m := &mutator{name: name, fset: fset, source: source}
	ast.Inspect(file, func(n ast.Node) bool {
		m.visit(n)
		return true
	})
	return m.mutants
}

func (m *mutator) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.BlockStmt:
		m.deleteStatements(n.List)
	case *ast.CaseClause:
		m.deleteStatements(n.Body)
	case *ast.CommClause:
		m.deleteStatements(n.Body)
	case *ast.IfStmt:
		m.replace("condition is always true", n.Cond, "("+m.text(n.Cond)+") || true")
		m.replace("condition is always false", n.Cond, "("+m.text(n.Cond)+") && false")
	case *ast.BinaryExpr:
		m.operator(n)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			m.replace("! is dropped", n, m.text(n.X))
		}
	case *ast.BranchStmt:
		if n.Tok == token.CONTINUE && n.Label == nil {
			m.replace("continue becomes break", n, "break")
		}
	case *ast.Ident:
		switch n.Name {
		case "true":
			m.replace("true becomes false", n, "false")
		case "false":
			m.replace("false becomes true", n, "true")
		}
	}
}

// deleteStatements makes a mutant for each statement that can be left out.
func (m *mutator) deleteStatements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt:
			m.replace("statement is left out", s, "")
		case *ast.AssignStmt:
			if s.Tok == token.ASSIGN || s.Tok == token.ADD_ASSIGN {
				m.replace("assignment is left out", s, blank(m.text(s)))
			}
		case *ast.ReturnStmt:
			if len(s.Results) == 0 {
				m.replace("return is left out", s, "")
			}
		}
	}
}

// blank keeps the variables of an assignment used: only its effect is gone.
func blank(text string) string {
	_, right, _ := strings.Cut(text, "=")
	if strings.Contains(right, ",") || strings.Contains(right, "\n") {
		return ""
	}
	return "_ = " + right
}

var swaps = map[token.Token][]string{
	token.LAND: {"||"},
	token.LOR:  {"&&"},
	token.EQL:  {"!="},
	token.NEQ:  {"=="},
	token.LSS:  {"<=", ">="},
	token.LEQ:  {"<"},
	token.GTR:  {">=", "<="},
	token.GEQ:  {">"},
	token.ADD:  {"-"},
	token.SUB:  {"+"},
}

func (m *mutator) operator(n *ast.BinaryExpr) {
	for _, op := range swaps[n.Op] {
		at := m.fset.Position(n.OpPos).Offset
		m.add(fmt.Sprintf("%s becomes %s", n.Op, op), n.OpPos, at, at+len(n.Op.String()), op)
	}
}

func (m *mutator) text(n ast.Node) string {
	return string(m.source[m.fset.Position(n.Pos()).Offset:m.fset.Position(n.End()).Offset])
}

func (m *mutator) replace(change string, n ast.Node, with string) {
	m.add(change, n.Pos(), m.fset.Position(n.Pos()).Offset, m.fset.Position(n.End()).Offset, with)
}

func (m *mutator) add(change string, pos token.Pos, from, to int, with string) {
	line := m.fset.Position(pos).Line
	lines := bytes.Split(m.source, []byte("\n"))
	source := append(append(append([]byte(nil), m.source[:from]...), with...), m.source[to:]...)
	m.mutants = append(m.mutants, mutant{m.name, line, change, strings.TrimSpace(string(lines[line-1])), source})
}
