package testkit_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"regexp"
	"runtime/pprof"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/internal/testkit"
)

func wait(c <-chan struct{}) { <-c }

func TestScopeKnowsItsOwnGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scope, other := testkit.NewScope(), testkit.NewScope()
		release := make(chan struct{})
		scope.Do(t.Context(), func(ctx context.Context) {
			go func() { // passes its labels on, and ends
				go wait(release)
				go wait(release)
			}()
			pprof.Do(ctx, pprof.Labels("task", "sealer", "layer", `sto"rage, {}`), func(context.Context) {
				go wait(release)
			})
		})
		go wait(release)
		other.Do(t.Context(), func(context.Context) { go func() { <-release }() })

		assert.Equal(t, []string{
			"1 goroutine of layer \"sto\\\"rage, {}\", task \"sealer\":\n\tgithub.com/wireframework/wireframework/internal/testkit_test.wait\n\t\tscope_test.go",
			"2 goroutines:\n\tgithub.com/wireframework/wireframework/internal/testkit_test.wait\n\t\tscope_test.go",
		}, normalised(scope.Left()))
		assert.Empty(t, scope.Left("testkit_test.wait"))
		close(release)
		assert.Empty(t, scope.Left())
		assert.Empty(t, other.Left())
	})
}

func TestTheLoopOfSignalsIsNotLeft(t *testing.T) {
	scope := testkit.NewScope()
	scope.Do(t.Context(), func(context.Context) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGHUP)
		signal.Stop(c)
	})

	assert.Empty(t, scope.Left(), "the first time in a process there is one")
}

func TestAnIdleHTTPConnectionIsNotLeft(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	scope := testkit.NewScope()
	scope.Do(t.Context(), func(context.Context) {
		resp, err := http.Get(server.URL)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	})

	assert.Empty(t, scope.Left())
}

func normalised(left []testkit.Goroutines) []string {
	var texts []string
	for _, g := range left {
		texts = append(texts, regexp.MustCompile(`\t/\S*/|:\d+\b`).ReplaceAllStringFunc(g.String(), func(s string) string {
			if s[0] == '\t' {
				return "\t"
			}
			return ""
		}))
	}
	return texts
}

func TestAGoroutineThatEndsIsNotLeft(t *testing.T) {
	scope := testkit.NewScope()
	scope.Do(t.Context(), func(context.Context) {
		go time.Sleep(20 * time.Millisecond)
	})

	assert.Empty(t, scope.Left())
}

func TestInABubbleNoTimePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		scope := testkit.NewScope()
		scope.Do(t.Context(), func(context.Context) {
			go func() {}()
			go time.Sleep(time.Nanosecond)
		})

		left := scope.Left()

		require.Len(t, left, 1)
		assert.Contains(t, left[0].Stack, "time.Sleep")
		assert.Zero(t, time.Since(start))
		time.Sleep(time.Nanosecond)
	})
}

func TestSettleTellsBubblesApart(t *testing.T) {
	assert.False(t, testkit.Settle())
	synctest.Test(t, func(t *testing.T) {
		done := false
		go func() { done = true }()
		assert.True(t, testkit.Settle())
		assert.True(t, done)
	})
}
