package tasktest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/task"
)

// Run checks the task that newTask makes; the package comment lists the promises.
// newTask is called once for each instance, a handful of times, and returns a new one
// each time. Run blocks until all checks are done.
func Run(t testing.TB, newTask func() task.Task, opts ...Option) {
	t.Helper()
	s := &suite{config: newConfig(opts), newTask: newTask, name: "the task"}
	virtual := testkit.Settle()
	tt, subtests := t.(*testing.T)
	subtests = subtests && !virtual
	s.setClock(virtual || subtests && !s.realTime)
	failed := false
	for _, c := range s.checks() {
		if failed && c.needsAll {
			continue
		}
		good := false
		switch {
		case !subtests:
			s.prefix = c.name + ": "
			good = c.run(t)
		case s.realTime:
			tt.Run(c.name, func(t *testing.T) { good = c.run(t) })
		default:
			tt.Run(c.name, func(t *testing.T) {
				good = s.bubble(t, c.run)
			})
		}
		failed = failed || !good
		if !good && c.vital || s.stuck {
			return
		}
	}
}

// suite is all checks of one task.
type suite struct {
	config
	newTask func() task.Task
	grace   time.Duration // to return after the end of the drain
	name    string        // of the task, for sentences
	prefix  string        // of sentences, where no subtest says what is checked
	made    []task.Task   // all instances
	stuck   bool          // a check waits for something outside of its bubble
}

func (s *suite) setClock(virtual bool) {
	after := 50 * time.Millisecond
	s.grace = time.Second
	if virtual {
		after = time.Minute
		s.grace = 100 * time.Millisecond // as in a service
	}
	if s.runFor < 0 {
		s.runFor = after
	}
}

// check is one subtest.
type check struct {
	name     string
	vital    bool // the others make no sense if it fails
	needsAll bool // it makes no sense if another has failed
	run      func(testing.TB) bool
}

func (s *suite) checks() []check {
	checks := []check{
		{name: "has a name and a kind", vital: true, run: s.identity},
		{name: "stops before its first instruction", run: s.with(plan{stopped: true})},
		{name: "stops right after the start", run: s.with(plan{})},
		{name: "stops after a while", run: s.with(plan{runFor: s.runFor})},
		{name: "runs a second time", needsAll: true, run: s.again},
	}
	if s.drains {
		checks = append(checks, check{name: "drains", run: s.with(plan{drainNow: true})})
	}
	return checks
}

// with checks an instance by one plan.
func (s *suite) with(p plan) func(testing.TB) bool {
	return func(t testing.TB) bool {
		t.Helper()
		return s.report(t, s.name, s.try(t, p))
	}
}

// again checks an instance right after another one.
func (s *suite) again(t testing.TB) bool {
	t.Helper()
	p := plan{runFor: s.runFor}
	return s.report(t, s.name, s.try(t, p)) && s.report(t, "a second instance of "+s.name, s.try(t, p))
}

func (s *suite) report(t testing.TB, who string, problems []string) bool {
	t.Helper()
	for _, p := range problems {
		t.Errorf("%s%s %s", s.prefix, who, p)
	}
	return len(problems) == 0
}

// identity checks an instance that is never run.
func (s *suite) identity(t testing.TB) bool {
	t.Helper()
	tr := s.newTrial(t, plan{})
	if tr.make() {
		tr.guard("asked for its name and kind", tr.identify)
		tr.end()
	}
	return s.report(t, s.name, tr.problems)
}

func (tr *trial) identify() {
	id, kind := tr.task.ID(), tr.task.Kind()
	tr.name = fmt.Sprintf("task %q", id)
	if id == "" {
		tr.problem("has no name, which is a wiring error")
	}
	if strings.ContainsFunc(string(id), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsUpper(r) }) {
		tr.problem("has a name that is no lower-case word: names are read by operators and in metrics, so use lower-case words and hyphens")
	}
	if kind > task.Daemon {
		tr.problem("is of an unknown kind, %v", kind)
	}
	if again := tr.task.ID(); again != id {
		tr.problem("changes its name: asked again, it says %q", again)
	}
	if again := tr.task.Kind(); again != kind {
		tr.problem("changes its kind: asked twice, it says %v and then %v (use task.WithKind for another kind)", kind, again)
	}
}

// isKnown reports whether the instance is one that has been made before.
func (s *suite) isKnown(made task.Task) bool {
	v := reflect.ValueOf(made)
	if v.Kind() != reflect.Pointer || v.Type().Elem().Size() == 0 {
		return false
	}
	for _, m := range s.made {
		if m == made {
			return true
		}
	}
	return false
}
