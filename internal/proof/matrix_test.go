package proof

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireframework/wireframework/task"
)

// behaviour is a way to behave, or to misbehave.
type behaviour uint8

const (
	returnsNil behaviour = iota
	returnsError
	panics
	exits
	returnsCanceled
	stopsWithCanceled
	ignoresStop
	stopsSlowly
	failsStopping
	panicsStopping
	panicsInterrupted
	behaviours
)

func (b behaviour) String() string {
	return [...]string{
		"nil", "error", "panic", "Goexit", "context error",
		"wrapped cancellation after the stop", "ignores the stop", "stops slowly",
		"error while stopping", "panic while stopping", "panic with the context error while stopping",
	}[b]
}

// unasked returns the deed of a behaviour that does not wait for the stop.
func (b behaviour) unasked() (deed, bool) {
	if b <= returnsCanceled {
		return [...]deed{succeed, fail, crash, exit, cancel}[b], true
	}
	return succeed, false
}

// reaction returns what the others do once they are told to stop.
func (b behaviour) reaction() (after time.Duration, then deed) {
	switch b {
	case stopsWithCanceled:
		return 3 * time.Second, cancel
	case ignoresStop:
		return 25 * time.Second, fail // after it was given up
	case stopsSlowly:
		return 12 * time.Second, succeed
	case failsStopping:
		return 4 * time.Second, fail
	case panicsStopping:
		return 4 * time.Second, crash
	default:
		return 4 * time.Second, crashCancel
	}
}

// point is where in a run the fault lies. Of a fault that is an answer to the stop, it
// is where the stop lies.
type point uint8

const (
	beforeGate point = iota
	atGate
	whileRunning
	whileStopping // of an answer to the stop: the stop comes when the service stops already
	points
)

func (p point) String() string {
	return [...]string{"before the gate", "at the gate", "running", "stopping"}[p]
}

func (p point) moment() time.Duration {
	return [...]time.Duration{5 * time.Second, gateAt, 20 * time.Second, stopAt}[p]
}

const (
	gateAt = 10 * time.Second
	stopAt = 30 * time.Second
)

// company is whether the fault comes alone.
type company uint8

const (
	alone company = iota
	withLater
	withSimultaneous
	companies
)

// faultCase is a cell of the matrix.
type faultCase struct {
	behaviour
	kind task.Kind
	point
	company
	companion task.Kind // of the second task that fails, unless alone
	way       stopWay
}

func (c faultCase) String() string {
	company := [...]string{"alone", "later fault of a ", "simultaneous fault of a "}[c.company]
	if c.company != alone {
		company += c.companion.String()
	}
	return fmt.Sprintf("%v/%v/%v/%s/%v", c.behaviour, c.kind, c.point, company, c.way)
}

// faultCases returns the whole matrix, or what there is time for: one kind of second
// task instead of six.
func faultCases(whole bool) []faultCase {
	var all []faultCase
	add := func(c faultCase) {
		for c.way = range stopWays {
			all = append(all, c)
		}
	}
	for b := range behaviours {
		for k := task.Regular; k <= task.Daemon; k++ {
			for p := range points {
				c := faultCase{behaviour: b, kind: k, point: p}
				add(c)
				for c.company = withLater; c.company < companies; c.company++ {
					for c.companion = task.Regular; c.companion <= task.Daemon; c.companion++ {
						if whole || c.companion == task.UnconstrainedOneshot {
							add(c)
						}
					}
				}
			}
		}
	}
	return all
}

// setting writes the scripts of the case: a precondition that succeeds, the subject, a
// bystander, a daemon, and perhaps a second task that fails.
func (c faultCase) setting() setting {
	s := setting{stop: stopAt, way: c.way, stopTimeout: 20 * time.Second, shutdownTimeout: 30 * time.Second}
	subject := script{ID: "subject", Kind: c.kind, At: never, Then: cancel}
	bystander := script{ID: "bystander", Kind: task.Regular, At: never, Then: cancel}
	daemon := script{ID: "daemon", Kind: task.Daemon, At: never}
	if do, ok := c.unasked(); ok {
		if c.point == whileStopping {
			subject.After, subject.Then = time.Second, do
		} else {
			subject.At, subject.Do = c.moment(), do
		}
	} else {
		subject.After, subject.Then = c.reaction()
		s.stop = c.moment()
		if c.point == whileStopping { // for another reason, since a while
			bystander.At, bystander.Do = stopAt-2*time.Second, succeed
		}
	}
	if c.behaviour == ignoresStop {
		daemon.After = 8 * time.Second // so that Run still runs when the subject returns
	}
	s.scripts = []script{
		{ID: "pre", Kind: task.Precondition, At: gateAt, Then: cancel},
		subject, bystander, daemon,
	}
	if c.company != alone {
		s.scripts = append(s.scripts, c.second(subject))
	}
	return s
}

// second is the second task that fails, a moment after the subject or with it.
func (c faultCase) second(subject script) script {
	second := script{ID: "second", Kind: c.companion, At: subject.At, Do: fail, After: subject.After, Then: fail}
	if c.behaviour == ignoresStop {
		second.After = time.Second
	}
	if c.company == withLater {
		second.After += time.Second
		if second.At != never {
			second.At += 2 * time.Second
		}
	}
	return second
}

func TestFaultMatrix(t *testing.T) {
	cases := faultCases(!testing.Short() && !raceDetector)
	open, possible := 0, 0
	for _, c := range cases {
		s := c.setting()
		want, _ := predict(s, math.MaxInt)
		possible += len(want)
		if len(want) > 1 {
			open++
		}
		t.Run(c.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := s.perform(t)
				if !slices.Contains(want, p.outcome.String()) || len(p.problems) > 0 {
					t.Error(mismatch(s, want, p))
				}
			})
		})
	}
	t.Logf("%d cases; in %d of them the contract leaves the order of an instant open, with %.1f outcomes on average",
		len(cases), open, float64(possible-len(cases)+open)/float64(open))
}

// lines lists what is wrong.
func lines(problems []string) string {
	if len(problems) == 0 {
		return "none"
	}
	return "\n  " + strings.Join(problems, "\n  ")
}
