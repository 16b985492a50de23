package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/bench"
)

var walk = bench.Workload{
	Name: "walk", Title: "put one foot before the other", Unit: "step",
	Sizes: []int{10, 100}, Figures: []string{"walk"}, Limit: "light",
	Contestants: []bench.Contestant{{Name: "light"}, {Name: "snail", Max: 10, Why: "it is asleep"}},
}

func walked() results {
	s := make(samples)
	for _, took := range []float64{300, 100, 200} { // in no order
		s.add(job{Contestant: "light", N: 10}, taken{bench.Figures{"walk": took}, bench.Figures{"walk": took / 2}})
		s.add(job{Contestant: "snail", N: 10}, taken{bench.Figures{"walk": 3 * took}, bench.Figures{"walk": 60 * took}})
		s.add(job{Contestant: "light", N: 100}, taken{bench.Figures{"walk": took}, bench.Figures{"walk": took}})
	}
	return s.medians()
}

func TestTableShowsRatiosOfMedians(t *testing.T) {
	const want = `
walk: put one foot before the other

n = 10, in units of "light" (walk 10ns a step, warm)
           walk cold   walk warm
   light        1.00        1.00
   snail        3.00         120

n = 100, in units of "light" (walk 2ns a step, warm)
           walk cold   walk warm
   light        1.00        1.00
  without snail: it is asleep
`
	assert.Equal(t, want, table(walk, walked()))
}

func TestChartIsDrawn(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, writeChart(dir, walk, walked()))
	svg, err := os.ReadFile(filepath.Join(dir, "bench-walk.svg"))
	require.NoError(t, err)
	assert.Contains(t, string(svg), "snail")
}

func TestSampleMeasuresColdAndWarm(t *testing.T) {
	var out, none = new(bytes.Buffer), new(bytes.Buffer)
	require.NoError(t, sample(out, `{"Workload":"empty","Contestant":"wireframework","N":1,"Quick":true}`))
	assert.Regexp(t, `^\{"Cold":\{"life":\d+\},"Warm":\{"life":\d+\}\}\n$`, out.String())
	require.EqualError(t, sample(none, `{"Workload":"empty","Contestant":"nobody"}`), `workload "empty" has no contestant "nobody"`)
}

func TestUnknownWorkloadIsAnError(t *testing.T) {
	err := run([]string{"-only", "swim"}, new(bytes.Buffer), new(bytes.Buffer))
	require.EqualError(t, err, `no workload begins with one of "swim"`)
}
