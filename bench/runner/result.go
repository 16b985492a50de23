package main

import (
	"slices"

	"github.com/wireframework/wireframework/bench"
)

// key is a contestant at a size.
type key struct {
	contestant string
	n          int
}

type samples map[key][]taken

func (s samples) add(j job, t taken) {
	k := key{j.Contestant, j.N}
	s[k] = append(s[k], t)
}

// results are the medians over all processes.
type results map[key]taken

func (s samples) medians() results {
	r := make(results)
	for k, all := range s {
		var cold, warm []bench.Figures
		for _, t := range all {
			cold, warm = append(cold, t.Cold), append(warm, t.Warm)
		}
		r[k] = taken{medianOf(cold), medianOf(warm)}
	}
	return r
}

// medianOf returns the median of each figure.
func medianOf(all []bench.Figures) bench.Figures {
	m := make(bench.Figures)
	for name := range all[0] {
		var values []float64
		for _, f := range all {
			values = append(values, f[name])
		}
		slices.Sort(values)
		m[name] = values[len(values)/2]
	}
	return m
}

// ratio is a figure in units of the limit's.
func (r results) ratio(w bench.Workload, k key, of func(taken) bench.Figures, figure string) (float64, bool) {
	t, ok := r[k]
	limit, limited := r[key{w.Limit, k.n}]
	if !ok || !limited || of(limit)[figure] <= 0 {
		return 0, false
	}
	return of(t)[figure] / of(limit)[figure], true
}

func cold(t taken) bench.Figures { return t.Cold }
func warm(t taken) bench.Figures { return t.Warm }
