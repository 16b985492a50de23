package retry_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/retry"
)

func TestAttemptsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for limit, text := range map[int]string{
			1: "connection refused (after 1 attempt)",
			3: "connection refused (after 3 attempts)",
		} {
			s := newScript(fail)
			o := exact
			o.MaxAttempts = limit

			err := retry.Task(s.task(), o).Run(t.Context())

			assert.EqualError(t, err, text)
			assert.ErrorIs(t, err, errBoom)
			failure, ok := errors.AsType[*retry.Error](err)
			require.True(t, ok)
			assert.Equal(t, limit, failure.Attempts)
			assert.Equal(t, limit, s.attempts)
		}
	})
}

func TestTimeIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(fail)
		o := exact
		o.MaxElapsed = 14 * time.Second
		began := time.Now()

		err := retry.Task(s.task(), o).Run(t.Context())

		assert.EqualError(t, err, "connection refused (after 4 attempts)")
		assert.Equal(t, seconds(0, 1, 3, 7), s.started)
		assert.Equal(t, 7*time.Second, time.Since(began), "it does not wait for nothing")

		s = newScript(fail)
		o.MaxElapsed = 15 * time.Second
		assert.Error(t, retry.Task(s.task(), o).Run(t.Context()))
		assert.Equal(t, seconds(0, 1, 3, 7, 15), s.started)
	})
}

func TestAHealthyAttemptEndsTheRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		healthy := failAfter(10 * time.Second)
		almost := failAfter(10*time.Second - 1)
		steps := []func(context.Context) error{fail, fail, healthy, fail, almost, fail, succeed}
		o := exact
		o.HealthyAfter = 10 * time.Second
		o.MaxAttempts = 4
		s := newScript(steps...)

		err := retry.Task(s.task(), o).Run(t.Context())

		assert.EqualError(t, err, "connection refused (after 4 attempts)")
		// Waits of 1 and 2 s, 10 s of health, and then waits of 1, 2 and 4 s.
		assert.Equal(t, []time.Duration{
			0, time.Second, 3 * time.Second, 14 * time.Second, 16 * time.Second, 30*time.Second - 1,
		}, s.started)

		o.HealthyAfter = -1
		s = newScript(fail, healthy)
		err = retry.Task(s.task(), o).Run(t.Context())
		assert.EqualError(t, err, "connection refused (after 4 attempts)", "nothing is healthy")
	})
}

func TestAHealthyAttemptAlsoEndsTheTimeOfTheRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(failAfter(time.Hour), fail, succeed)
		o := exact
		o.MaxElapsed = 10 * time.Second

		assert.NoError(t, retry.Task(s.task(), o).Run(t.Context()))
	})
}

func TestBadOptionsAreAnError(t *testing.T) {
	tests := []struct {
		options retry.Options
		want    string // empty: no error
	}{
		{options: retry.Options{}},
		{options: retry.Options{InitialWait: time.Hour}},
		{options: retry.Options{InitialWait: -1}, want: "InitialWait -1ns is negative (give a duration, or 0 for 500ms)"},
		{options: retry.Options{InitialWait: 2, MaxWait: 1}, want: "MaxWait 1ns is shorter than InitialWait 2ns (give a longer one)"},
		{options: retry.Options{Multiplier: 0.5}, want: "Multiplier 0.5 is less than 1 (give 1 or more, or 0 for 2)"},
		{options: retry.Options{Multiplier: math.NaN()}, want: "Multiplier NaN is less than 1 (give 1 or more, or 0 for 2)"},
		{options: retry.Options{Jitter: 1.5}, want: "Jitter 1.5 is more than 1 (give a fraction, or a negative number for none)"},
		{options: retry.Options{MaxAttempts: -1}, want: "MaxAttempts -1 is negative (give a number, or 0 for no limit)"},
		{options: retry.Options{MaxElapsed: -1}, want: "MaxElapsed -1ns is negative (give a duration, or 0 for no limit)"},
	}
	for _, tt := range tests {
		s := newScript(succeed)
		err := retry.Task(s.task(), tt.options).Run(t.Context())
		if tt.want == "" {
			assert.NoError(t, err)
			assert.NoError(t, tt.options.Check())
			continue
		}
		assert.EqualError(t, tt.options.Check(), tt.want)
		assert.EqualError(t, err, "retry: "+tt.want)
		assert.Equal(t, 0, s.attempts)
	}
}
