package resource_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/resource"
)

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestWatchHoldsTheLatestValue(t *testing.T) {
	w := resource.NewWatch("first")
	v, changed := w.Get()
	assert.Equal(t, "first", v)
	assert.False(t, closed(changed), "nothing has changed yet")

	w.Set("second")
	w.Set("third")

	assert.True(t, closed(changed))
	v, changed = w.Get()
	assert.Equal(t, "third", v, "values in between may be missed, the last never")
	assert.False(t, closed(changed), "this is the latest")
}

func TestTheZeroWatchIsReady(t *testing.T) {
	var w resource.Watch[int]
	v, changed := w.Get()
	assert.Zero(t, v)
	assert.False(t, closed(changed))

	w.Set(1)

	assert.True(t, closed(changed))
	v, _ = w.Get()
	assert.Equal(t, 1, v)
}

func TestAWatchWithoutReadersCanBeSet(t *testing.T) {
	var w resource.Watch[int]
	w.Set(1)
	w.Set(2)

	v, changed := w.Get()

	assert.Equal(t, 2, v)
	assert.False(t, closed(changed))
}

func TestSettingAnEqualValueWakesReaders(t *testing.T) {
	w := resource.NewWatch(1)
	_, changed := w.Get()

	w.Set(1)

	assert.True(t, closed(changed))
}

func TestTheChannelOfAWatchStaysClosed(t *testing.T) {
	w := resource.NewWatch(1)
	_, old := w.Get()
	w.Set(2)
	_, current := w.Get()

	w.Set(3)

	assert.True(t, closed(old))
	assert.True(t, closed(current))
	_, latest := w.Get()
	assert.False(t, closed(latest))
}

func TestAChangeBetweenGetAndTheWaitIsNotMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := resource.NewWatch(1)
		_, changed := w.Get()
		w.Set(2) // nobody waits yet

		select {
		case <-changed:
		case <-time.After(time.Hour):
			t.Fatal("the change was missed")
		}
		v, _ := w.Get()
		assert.Equal(t, 2, v)
	})
}

func TestEveryWaitingReaderIsWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := resource.NewWatch(1)
		got := make([]int, 10)
		for i := range got {
			go func() {
				_, changed := w.Get()
				<-changed
				got[i], _ = w.Get()
			}()
		}
		synctest.Wait()

		w.Set(2)
		synctest.Wait()

		for i := range got {
			assert.Equal(t, 2, got[i], "reader %d", i)
		}
	})
}

// Values are numbers per writer that only grow, so a reader can tell that it never
// goes back, and that it has seen the end.
func TestReadersEndUpWithTheLastValue(t *testing.T) {
	const (
		writers = 4
		readers = 8
		sets    = 1000
		last    = -1
	)
	type value struct{ writer, n int }
	var w resource.Watch[value]

	var reading sync.WaitGroup
	for range readers {
		reading.Go(func() {
			var seen [writers]int
			for {
				v, changed := w.Get()
				if v.n == last {
					return
				}
				if v.n < seen[v.writer] {
					t.Errorf("a reader went back from %d to %d", seen[v.writer], v.n)
				}
				seen[v.writer] = v.n
				<-changed
			}
		})
	}
	var writing sync.WaitGroup
	for i := range writers {
		writing.Go(func() {
			for n := range sets {
				w.Set(value{i, n})
			}
		})
	}
	writing.Wait()
	w.Set(value{n: last})

	// A reader that missed the last value would wait for ever.
	done := make(chan struct{})
	go func() {
		reading.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		require.Fail(t, "a reader has missed the last value")
	}
}
