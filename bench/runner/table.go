package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wireframework/wireframework/bench"
)

// writeTable writes a table for each size: ratios to the limit, in a new process and
// in one that has done the same before.
func writeTable(out io.Writer, w bench.Workload, r results) {
	fmt.Fprintf(out, "\n%s: %s\n", w.Name, w.Title)
	for _, n := range w.Sizes {
		limit, ok := r[key{w.Limit, n}]
		if !ok {
			continue
		}
		fmt.Fprintf(out, "\nn = %d, in units of %q (%s)\n", n, w.Limit, absolute(w, n, limit))
		tw := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
		fmt.Fprintf(tw, "\t%s\t\n", strings.Join(heads(w), "\t"))
		for _, c := range w.Contestants {
			if k := (key{c.Name, n}); c.Takes(n) {
				fmt.Fprintf(tw, "%s\t%s\t\n", c.Name, strings.Join(cells(w, r, k), "\t"))
			}
		}
		if err := tw.Flush(); err != nil {
			panic(err) // only for a broken out, which the caller has chosen
		}
		for _, c := range w.Contestants {
			if !c.Takes(n) {
				fmt.Fprintf(out, "  without %s: %s\n", c.Name, c.Why)
			}
		}
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
