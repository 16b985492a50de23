package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wireframework/wireframework/bench"
)

// table is a table for each size: ratios to the limit, in a new process and in one
// that has done the same before.
func table(w bench.Workload, r results) string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%s: %s\n", w.Name, w.Title)
	for _, n := range w.Sizes {
		limit, ok := r[key{w.Limit, n}]
		if !ok {
			continue
		}
		fmt.Fprintf(&out, "\nn = %d, in units of %q (%s)\n", n, w.Limit, absolute(w, n, limit))
		rows := [][]string{append([]string{""}, heads(w)...)}
		var absent []string
		for _, c := range w.Contestants {
			if !c.Takes(n) {
				absent = append(absent, fmt.Sprintf("  without %s: %s\n", c.Name, c.Why))
				continue
			}
			rows = append(rows, append([]string{c.Name}, cells(w, r, key{c.Name, n})...))
		}
		align(&out, rows)
		out.WriteString(strings.Join(absent, ""))
	}
	return out.String()
}

// align writes the rows with their columns to the right.
func align(out *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			fmt.Fprintf(out, "%*s", widths[i]+3, cell)
		}
		out.WriteByte('\n')
	}
}

func heads(w bench.Workload) []string {
	var heads []string
	for _, f := range w.Figures {
		heads = append(heads, f+" cold", f+" warm")
	}
	return heads
}

func cells(w bench.Workload, r results, k key) []string {
	var cells []string
	for _, f := range w.Figures {
		for _, of := range []func(taken) bench.Figures{cold, warm} {
			cell := "-"
			if x, ok := r.ratio(w, k, of, f); ok {
				cell = number(x)
			}
			cells = append(cells, cell)
		}
	}
	return cells
}

func number(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2f", x)
	}
}

// absolute says what the limit itself takes on this machine.
func absolute(w bench.Workload, n int, t taken) string {
	var parts []string
	for _, f := range slices.Compact(slices.Clone(w.Figures)) {
		v, per := t.Warm[f], ""
		if w.Unit != "" {
			v, per = v/float64(n), " a "+w.Unit
		}
		unit := time.Duration(v).String()
		if w.Name == "memory" {
			unit = fmt.Sprintf("%.0f B", v)
		}
		parts = append(parts, f+" "+unit+per)
	}
	return strings.Join(parts, ", ") + ", warm"
}
