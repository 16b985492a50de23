// Command runner measures all workloads: a process for each sample, in random order,
// and then medians and ratios to the physical limit as a table.
//
//	go run ./runner                    everything; under ten minutes on two cores
//	go run ./runner -quick             smaller sizes, under a minute
//	go run ./runner -only run,gate     some workloads
//	go run ./runner -charts ../docs    charts too, as SVG
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/wireframework/wireframework/bench"
)

func main() {
	if len(os.Args) == 4 && os.Args[1] == "sample" {
		if err := sample(os.Stdout, os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type config struct {
	quick  bool
	only   string
	rounds int
	charts string
}

func run(args []string, stdout, stderr io.Writer) error {
	var c config
	flags := flag.NewFlagSet("runner", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&c.quick, "quick", false, "one round, sizes up to 10 000")
	flags.StringVar(&c.only, "only", "", "`workloads` to measure, separated by commas; a prefix is enough")
	flags.IntVar(&c.rounds, "rounds", 3, "processes for each contestant and size")
	flags.StringVar(&c.charts, "charts", "", "`directory` to draw charts into")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if c.quick {
		c.rounds = 1
	}
	workloads := c.workloads()
	if len(workloads) == 0 {
		return fmt.Errorf("no workload begins with one of %q", c.only)
	}
	head := fmt.Sprintf("%s %s/%s, GOMAXPROCS %d, %d rounds\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), c.rounds)
	if _, err := io.WriteString(stdout, head); err != nil {
		return err
	}
	for _, w := range workloads {
		results, err := c.measure(w, stderr)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(stdout, table(w, results)); err != nil {
			return err
		}
		if c.charts != "" {
			if err := writeChart(c.charts, w, results); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c config) workloads() []bench.Workload {
	var chosen []bench.Workload
	for _, w := range bench.Workloads() {
		if !slices.ContainsFunc(strings.Split(c.only, ","), func(p string) bool { return strings.HasPrefix(w.Name, p) }) {
			continue
		}
		if c.quick {
			w.Sizes = slices.DeleteFunc(w.Sizes, func(n int) bool { return n > 10_000 })
		}
		if len(w.Sizes) > 0 {
			chosen = append(chosen, w)
		}
	}
	return chosen
}

// job is one sample that is to be taken.
type job struct {
	Workload, Contestant string
	N                    int
	Quick                bool
}

// taken is what a process has measured: the first round, and the median of those
// that followed.
type taken struct {
	Cold, Warm bench.Figures
}

// measure takes all samples of a workload in random order, each in a process of its
// own.
func (c config) measure(w bench.Workload, progress io.Writer) (results, error) {
	var jobs []job
	for range c.rounds {
		for _, n := range w.Sizes {
			for _, contestant := range w.Contestants {
				if contestant.Takes(n) {
					jobs = append(jobs, job{w.Name, contestant.Name, n, c.quick})
				}
			}
		}
	}
	rand.Shuffle(len(jobs), func(i, j int) { jobs[i], jobs[j] = jobs[j], jobs[i] })
	all := make(samples)
	for i, j := range jobs {
		if i%25 == 0 {
			_, _ = fmt.Fprintf(progress, "%s: sample %d of %d\n", w.Name, i+1, len(jobs))
		}
		t, err := j.process()
		if err != nil {
			return nil, err
		}
		all.add(j, t)
	}
	return all.medians(), nil
}

// process takes the sample in a new process.
func (j job) process() (taken, error) {
	arg, err := json.Marshal(j)
	if err != nil {
		return taken{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return taken{}, err
	}
	var stderr bytes.Buffer
	cmd := exec.Command(self, "sample", string(arg), "") //nolint:gosec // this very program
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return taken{}, fmt.Errorf("%s, %s, n=%d: %w\n%s", j.Workload, j.Contestant, j.N, err, stderr.String())
	}
	var t taken
	err = json.Unmarshal(out, &t)
	return t, err
}

// Time and rounds that a process spends on warm figures.
const (
	warmTime  = 600 * time.Millisecond
	minRounds = 3
	maxRounds = 30
)

// sample is the body of a process.
func sample(w io.Writer, arg string) error {
	var j job
	if err := json.Unmarshal([]byte(arg), &j); err != nil {
		return err
	}
	_, c, err := bench.Find(j.Workload, j.Contestant)
	if err != nil {
		return err
	}
	round := c.Prepare(j.N)
	t := taken{Cold: round()}
	var warm []bench.Figures
	limit, least := warmTime, minRounds
	if j.Quick {
		limit, least = warmTime/12, 1
	}
	for began := time.Now(); len(warm) < least || len(warm) < maxRounds && time.Since(began) < limit; {
		warm = append(warm, round())
	}
	t.Warm = medianOf(warm)
	return json.NewEncoder(w).Encode(t)
}
