package bench_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/bench"
)

// Every contestant does the work of the smallest size and has all figures.
func TestContestantsDoTheWork(t *testing.T) {
	for _, w := range bench.Workloads() {
		for _, c := range w.Contestants {
			t.Run(w.Name+"/"+c.Name, func(t *testing.T) {
				figures := c.Prepare(min(w.Sizes[0], 1000))()
				for _, name := range w.Figures {
					assert.Contains(t, figures, name)
				}
			})
		}
	}
}

func TestLimitsAreContestants(t *testing.T) {
	for _, w := range bench.Workloads() {
		_, c, err := bench.Find(w.Name, w.Limit)
		require.NoError(t, err)
		assert.Zero(t, c.Max, "the limit of %s takes part in every size", w.Name)
	}
}

func TestFindReportsWhatIsUnknown(t *testing.T) {
	_, _, err := bench.Find("walk", "goroutines")
	require.EqualError(t, err, `workload "walk" is unknown`)
	_, _, err = bench.Find("run", "fox")
	require.EqualError(t, err, `workload "run" has no contestant "fox"`)
}

// largest keeps a run of all benchmarks short; the runner goes further.
const largest = 10_000

func BenchmarkWiringChain(b *testing.B) { compare(b, "wiring-chain") }
func BenchmarkWiringWide(b *testing.B)  { compare(b, "wiring-wide") }
func BenchmarkWiringDAG3(b *testing.B)  { compare(b, "wiring-dag3") }
func BenchmarkRun(b *testing.B)         { compare(b, "run") }
func BenchmarkGate(b *testing.B)        { compare(b, "gate") }
func BenchmarkStatus(b *testing.B)      { compare(b, "status") }
func BenchmarkEmpty(b *testing.B)       { compare(b, "empty") }

// compare reports the median of each figure for each unit, and its ratio to the limit,
// which is measured first.
func compare(b *testing.B, workload string) {
	i := slices.IndexFunc(bench.Workloads(), func(w bench.Workload) bool { return w.Name == workload })
	w := bench.Workloads()[i]
	contestants := slices.Clone(w.Contestants)
	slices.SortStableFunc(contestants, func(x, y bench.Contestant) int {
		if x.Name == w.Limit && y.Name != w.Limit {
			return -1
		}
		return 0
	})
	for _, n := range w.Sizes {
		if n > largest {
			continue
		}
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			limit := make(map[string]float64)
			for _, c := range contestants {
				if !c.Takes(n) {
					continue
				}
				b.Run(c.Name, func(b *testing.B) {
					round := c.Prepare(n)
					all := make(map[string][]float64)
					for b.Loop() {
						for name, v := range round() {
							all[name] = append(all[name], v)
						}
					}
					for _, name := range w.Figures {
						slices.Sort(all[name])
						median := all[name][len(all[name])/2]
						b.ReportMetric(median/float64(n), name+"-ns/unit")
						if c.Name == w.Limit {
							limit[name] = median
						}
						b.ReportMetric(median/limit[name], name+"-x/limit")
					}
				})
			}
		})
	}
}

func BenchmarkReport(b *testing.B) { compare(b, "report") }
