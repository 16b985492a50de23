package bench

import (
	"fmt"
	"runtime"
	"slices"
)

// Figures is what one round has measured: nanoseconds, or bytes, by name.
type Figures map[string]float64

// Round does the work once and measures it.
type Round func() Figures

// Contestant is one way to do the work of a workload.
type Contestant struct {
	Name string

	// Prepare makes what exists before the work begins; it is not measured.
	Prepare func(n int) Round

	// Max is the largest size that the contestant takes part in, and Why says what
	// happens beyond. Optional; the default is no limit.
	Max int
	Why string
}

// Workload is work of several sizes that several contestants do.
type Workload struct {
	Name  string
	Title string
	Sizes []int
	Unit  string // what there are n of; empty if figures are not per unit

	// Figures are the names of the figures, in the order of the table.
	Figures []string

	// Limit is the contestant that stands for the physical limit: ratios are to it.
	Limit string

	Contestants []Contestant
}

// Ours is the name of the framework among the contestants.
const Ours = "wireframework"

// Workloads returns all workloads.
func Workloads() []Workload {
	var all []Workload
	all = append(all, wiringWorkloads()...)
	all = append(all, runWorkload(), gateWorkload(), memoryWorkload())
	return append(all, reportWorkload(), statusWorkload(), hungWorkload(), emptyWorkload())
}

// Find returns the workload and the contestant of these names.
func Find(workload, contestant string) (Workload, Contestant, error) {
	all := Workloads()
	w := slices.IndexFunc(all, func(w Workload) bool { return w.Name == workload })
	if w < 0 {
		return Workload{}, Contestant{}, fmt.Errorf("workload %q is unknown", workload)
	}
	c := slices.IndexFunc(all[w].Contestants, func(c Contestant) bool { return c.Name == contestant })
	if c < 0 {
		return Workload{}, Contestant{}, fmt.Errorf("workload %q has no contestant %q", workload, contestant)
	}
	return all[w], all[w].Contestants[c], nil
}

// Takes reports whether the contestant takes part in size n.
func (c Contestant) Takes(n int) bool { return c.Max == 0 || n <= c.Max }

// collectGarbage is called when the clock is about to start, so that what was made
// before has no part in what is measured.
func collectGarbage() { runtime.GC() }

// must ends the process: a contestant that fails has nothing to be compared with.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
