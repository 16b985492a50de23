package main

import (
	"context"
	"fmt"
)

// entry is a mistake with all that the page shows of it.
type entry struct {
	*mistake
	number int
	files  []string
	code   []string // of each file

	main, long  outcome // with us
	asFx, asDig outcome
}

// makeAll makes all mistakes in processes of the program; those in tests need the
// directory of its source.
func makeAll(ctx context.Context, program, dir string) ([]entry, error) {
	var entries []entry
	for i := range mistakes {
		e, err := newEntry(&mistakes[i], i+1)
		if err == nil {
			err = e.make(ctx, program, dir)
		}
		if err != nil {
			return nil, fmt.Errorf("mistake %q: %w", mistakes[i].name, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func newEntry(m *mistake, number int) (entry, error) {
	e := entry{mistake: m, number: number, files: []string{m.name + ".go"}}
	if m.test != "" {
		e.files = append(e.files, m.name+"_test.go")
	}
	for _, f := range e.files {
		code, err := snippet(f)
		if err != nil {
			return e, err
		}
		e.code = append(e.code, code)
	}
	return e, nil
}

// make makes the mistake in every way that there is.
func (e *entry) make(ctx context.Context, program, dir string) (err error) {
	if e.test != "" {
		e.main, err = e.runTest(ctx, dir)
	} else if e.main, err = e.run(ctx, program, wayMain); err == nil {
		e.long, err = e.run(ctx, program, wayLong)
	}
	if err == nil && e.fx.run != nil {
		e.asFx, err = e.run(ctx, program, wayFx)
	}
	if err == nil && e.dig.run != nil {
		e.asDig, err = e.run(ctx, program, wayDig)
	}
	return err
}
