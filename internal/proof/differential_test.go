package proof

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/wireframework/wireframework/task"
)

// maxStates bounds how far the model goes: of a setting in which too much happens at
// one instant it would try the orders for ever.
const maxStates = 20_000

// drawSetting draws what the model can predict: any few tasks, and one stop.
func drawSetting(t *rapid.T) setting {
	s := setting{stopTimeout: 20 * sec, shutdownTimeout: 30 * sec}
	for i := range rapid.IntRange(1, maxTasks).Draw(t, "tasks") {
		s.scripts = append(s.scripts, script{
			ID:    task.ID(fmt.Sprintf("t%d", i)),
			Kind:  rapid.SampledFrom(allKinds).Draw(t, "kind"),
			At:    pick(t, "at", never, never, 0, 3*sec, 5*sec, 7*sec, 11*sec, 13*sec, 17*sec),
			Do:    pick(t, "does", succeed, succeed, fail, cancel, crash, crashCancel, exit),
			After: pick(t, "after", 0, 0, 1500*time.Millisecond, 4*sec, 19*sec, 26*sec, never),
			Then:  pick(t, "then", cancel, succeed, fail, crash, crashCancel, exit),
		})
	}
	s.stop = pick(t, "stop", 19*sec, 13*sec, 9*sec, 5*sec, 2*sec)
	s.way = rapid.SampledFrom([]stopWay{stopNil, stopErr, ctxCancel, ctxDeadline, ctxCause}).Draw(t, "way")
	return s
}

// TestModelSchedules plays random settings and compares with what the model predicts,
// as the matrix does with chosen ones.
func TestModelSchedules(t *testing.T) {
	total := schedules(t) / 2
	if testing.Short() {
		total *= 5 // rapid divides by that
	}
	setRapid(t, "rapid.checks", strconv.Itoa(total))
	setRapid(t, "rapid.nofailfile", "true")
	skipped, possible, failed := 0, 0, false
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.Custom(drawSetting).Draw(rt, "setting")
		want, ok := predict(s, maxStates)
		if !ok {
			skipped++
			return
		}
		possible += len(want)
		attempts := 1
		if failed { // see checkSchedules
			attempts = 20
		}
		for range attempts {
			var p *performance
			synctest.Test(t, func(t *testing.T) { p = s.perform(t) })
			if !slices.Contains(want, p.outcome.String()) || len(p.problems) > 0 {
				failed = true
				rt.Fatalf("%s", mismatch(s, want, p))
			}
		}
	})
	t.Logf("%d settings with %d outcomes; too much at one instant in %d of them", total, possible, skipped)
}

// mismatch tells what was predicted and what came.
func mismatch(s setting, want []string, p *performance) string {
	return fmt.Sprintf("scripts:\n%s\npredicted, one of %d:\n%s\ngot:\n%s\nproblems: %s\n\nevents:\n%s",
		s, len(want), strings.Join(want, "or\n"), p.outcome, lines(p.problems), p.trace)
}
