package genesis

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

// Mistake is one thing that is wrong with a file.
type Mistake struct {
	File   string
	Line   int
	Reason string
}

func (m *Mistake) Error() string { return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.Reason) }

// Parse reads accounts from CSV. The error joins a [*Mistake] for everything that is
// wrong; file is how they call the text.
func Parse(file string, text []byte) ([]ledger.Account, error) {
	p := &parser{
		file:  file,
		lines: csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))),
		first: make(map[ledger.AccountID]int),
	}
	p.lines.Comment = '#'
	p.lines.FieldsPerRecord = -1 // which is for us to say
	p.header()
	for p.account() {
	}
	if len(p.accounts) == 0 && len(p.mistakes) == 0 {
		p.mistake(1, "there is no account")
	}
	return p.accounts, errors.Join(p.mistakes...)
}

// parser reads a file.
type parser struct {
	file     string
	lines    *csv.Reader
	accounts []ledger.Account
	first    map[ledger.AccountID]int // line by account
	sum      ledger.Amount
	mistakes []error
}

func (p *parser) mistake(line int, format string, args ...any) {
	p.mistakes = append(p.mistakes, &Mistake{p.file, line, fmt.Sprintf(format, args...)})
}

var columns = []string{"account", "balance"}

func (p *parser) header() {
	fields, line, ok := p.next()
	if ok && fields != nil && !slices.Equal(fields, columns) {
		p.mistake(line, "the first line is not %q", strings.Join(columns, ","))
	}
}

// next reads a line. Fields are nil if it is no CSV; it is false after the last one.
func (p *parser) next() (fields []string, line int, ok bool) {
	fields, err := p.lines.Read()
	var malformed *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return nil, 0, false
	case errors.As(err, &malformed):
		p.mistake(malformed.Line, "%v", malformed.Err)
		return nil, 0, true
	}
	line, _ = p.lines.FieldPos(0)
	return fields, line, true
}

// account reads an account, and returns false at the end.
func (p *parser) account() bool {
	fields, line, ok := p.next()
	if !ok || fields == nil {
		return ok
	}
	if len(fields) != len(columns) {
		p.mistake(line, "there are %d fields, not %d", len(fields), len(columns))
		return true
	}
	id := ledger.AccountID(fields[0])
	if err := id.Validate("account"); err != nil {
		p.mistake(line, "%v", err)
	} else if id == ledger.Mint {
		p.mistake(line, "account %q is where the money comes from", id)
	} else if before, twice := p.first[id]; twice {
		p.mistake(line, "account %q is there already, in line %d", id, before)
	} else {
		p.first[id] = line
	}
	p.balance(line, id, fields[1])
	return true
}

func (p *parser) balance(line int, id ledger.AccountID, text string) {
	amount, err := ledger.ParseAmount(text)
	if err != nil {
		p.mistake(line, "%v", err)
		return
	}
	sum, ok := p.sum.Add(amount)
	if !ok {
		p.mistake(line, "the accounts up to here have more than %d", ledger.MaxAmount)
		return
	}
	p.sum = sum
	p.accounts = append(p.accounts, ledger.Account{ID: id, Balance: amount})
}
