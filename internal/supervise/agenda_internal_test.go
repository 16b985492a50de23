package supervise

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// follow runs an agenda for a while, and returns what it did and when.
func follow(t *testing.T, plan func(a *agenda, note func(what string) func()), until time.Duration) []string {
	var done []string
	synctest.Test(t, func(t *testing.T) {
		a := newAgenda()
		defer a.stop()
		began := time.Now()
		plan(a, func(what string) func() {
			return func() { done = append(done, time.Since(began).String()+" "+what) }
		})
		end := time.After(until)
		for {
			select {
			case <-a.timer.C:
				a.run()
			case <-end:
				return
			}
		}
	})
	return done
}

func TestAgendaIsInOrderOfTime(t *testing.T) {
	got := follow(t, func(a *agenda, note func(string) func()) {
		now := time.Now()
		for _, s := range []int{5, 1, 4, 2, 3} {
			a.at(now.Add(time.Duration(s)*time.Second), note("x"))
		}
	}, time.Minute)
	assert.Equal(t, []string{"1s x", "2s x", "3s x", "4s x", "5s x"}, got)
}

func TestAgendaKeepsTheOrderOfPlanningForOneMoment(t *testing.T) {
	got := follow(t, func(a *agenda, note func(string) func()) {
		at := time.Now().Add(time.Second)
		a.at(at.Add(time.Second), note("last"))
		for _, what := range []string{"a", "b", "c", "d", "e", "f"} {
			a.at(at, note(what))
		}
	}, time.Minute)
	assert.Equal(t, []string{"1s a", "1s b", "1s c", "1s d", "1s e", "1s f", "2s last"}, got)
}

func TestAgendaDoesWhatIsDueAlready(t *testing.T) {
	got := follow(t, func(a *agenda, note func(string) func()) {
		a.at(time.Now().Add(-time.Second), note("late"))
		a.at(time.Now(), note("now"))
		a.at(time.Now().Add(time.Second), note("later"))
	}, time.Minute)
	assert.Equal(t, []string{"0s late", "0s now", "1s later"}, got)
}

func TestAgendaCanBePlannedWhileItRuns(t *testing.T) {
	got := follow(t, func(a *agenda, note func(string) func()) {
		a.at(time.Now().Add(2*time.Second), func() {
			note("first")()
			a.at(time.Now(), note("at once"))
			a.at(time.Now().Add(time.Second), note("soon"))
		})
		a.at(time.Now().Add(10*time.Second), note("last"))
	}, time.Minute)
	assert.Equal(t, []string{"2s first", "2s at once", "3s soon", "10s last"}, got)
}

func TestAgendaPutsSomethingBeforeTheNext(t *testing.T) {
	got := follow(t, func(a *agenda, note func(string) func()) {
		a.at(time.Now().Add(10*time.Second), note("second"))
		time.Sleep(time.Second)
		a.at(time.Now().Add(time.Second), note("first"))
	}, time.Minute)
	assert.Equal(t, []string{"2s first", "10s second"}, got)
}

func TestOnlyDrawnTransitionsAreLegal(t *testing.T) {
	states := []State{Pending, Running, Stopping, Done, Failed, Skipped, Abandoned}
	legal := map[State][]State{
		Pending:  {Running, Skipped},
		Running:  {Stopping, Done, Failed, Skipped, Abandoned},
		Stopping: {Done, Failed, Skipped, Abandoned},
	}
	for _, from := range states {
		for _, to := range states {
			isLegal := false
			for _, s := range legal[from] {
				isLegal = isLegal || s == to
			}
			if isLegal {
				assert.NotPanics(t, func() { mustFollow(from, to) }, "%d -> %d", from, to)
			} else {
				assert.Panics(t, func() { mustFollow(from, to) }, "%d -> %d", from, to)
			}
		}
	}
}
