package proof

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var schedulesFlag = flag.Int("schedules", 0, "number of random schedules of TestSchedules (0 for the default)")

// schedules returns how many schedules to play.
func schedules(t *testing.T) int {
	if *schedulesFlag > 0 {
		return *schedulesFlag
	}
	if text := os.Getenv("PROOF_SCHEDULES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("PROOF_SCHEDULES: %v", err)
		}
		return n
	}
	if raceDetector || testing.Short() {
		return 4_000
	}
	return 20_000
}

// setRapid sets a flag of rapid, unless the command line does.
func setRapid(t *testing.T, name, value string) {
	if onCommandLine[name] {
		return
	}
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
}

// batches is how many goroutines play schedules.
const batches = 4

func TestSchedules(t *testing.T) {
	total := schedules(t)
	each := (total + batches - 1) / batches
	if testing.Short() {
		each *= 5 // rapid divides by that
	}
	setRapid(t, "rapid.checks", strconv.Itoa(each))
	setRapid(t, "rapid.nofailfile", "true") // the seed is enough
	var stats statistics
	start := time.Now()
	t.Run("batch", func(t *testing.T) {
		for i := range batches {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				checkSchedules(t, &stats)
			})
		}
	})
	t.Logf("%d schedules in %v: %v", total, time.Since(start).Round(time.Millisecond), &stats)
}

func checkSchedules(t *testing.T, stats *statistics) {
	first := ""
	t.Cleanup(func() {
		if t.Failed() && first != "" {
			t.Logf("the first schedule that failed, before shrinking:\n%s", first)
		}
	})
	count := 0
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.Custom(drawPlan).Draw(rt, "plan")
		count++
		// What happens within an instant is not part of the plan. Once a schedule has
		// failed, others get several chances to.
		attempts := 1
		if first != "" {
			attempts = 20
		}
		for range attempts {
			played := p.perform(t, count%32 == 0)
			stats.add(played)
			if len(played.problems) > 0 {
				text := fmt.Sprintf("%v\nproblems: %s\n\nresult: %v\nevents:\n%v", p, lines(played.problems), played.result, played.trace)
				if first == "" {
					first = text
				}
				rt.Fatalf("%s", text)
			}
		}
	})
}

// statistics tells whether the schedules are as varied as they should be.
type statistics struct {
	ready, failed, abandoned, drained, unwired atomic.Int64
	entered, hooks                             atomic.Int64
}

func (s *statistics) add(p *play) {
	if p.ready {
		s.ready.Add(1)
	}
	if p.result != nil {
		s.failed.Add(1)
	}
	if len(p.status.Tasks) == 0 {
		s.unwired.Add(1)
	}
	s.hooks.Add(int64(len(p.hooks)))
	abandoned, drained := false, false
	for _, a := range p.actors {
		s.entered.Add(int64(a.entries))
		abandoned = abandoned || a.entered.happened() && (!a.returned.happened() || a.returned.nr > p.end.nr)
		drained = drained || a.drained.happened()
	}
	if abandoned {
		s.abandoned.Add(1)
	}
	if drained {
		s.drained.Add(1)
	}
}

func (s *statistics) String() string {
	var b strings.Builder
	for _, x := range []struct {
		n    *atomic.Int64
		what string
	}{
		{&s.ready, "became ready"}, {&s.failed, "failed"}, {&s.abandoned, "left tasks behind"}, {&s.drained, "cut a drain short"},
		{&s.unwired, "ran no task"}, {&s.entered, "tasks entered"}, {&s.hooks, "hooks added"},
	} {
		fmt.Fprintf(&b, "%d %s, ", x.n.Load(), x.what)
	}
	return strings.TrimSuffix(b.String(), ", ")
}
