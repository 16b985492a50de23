package proof

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/multierr"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// slices are not comparable, and errors may be slices.
type sliceError []string

func (e sliceError) Error() string { return fmt.Sprint([]string(e)) }

// fieldError is comparable as a type, and as a value if its detail is.
type fieldError struct{ detail any }

func (fieldError) Error() string { return "a field" }

// Whatever error is the cause of a stop, the result contains it, and not only its parts,
// also next to other errors.
func TestCauseOfAnyKind(t *testing.T) {
	causes := map[string]error{
		"plain":          errors.New("plain"),
		"multierr":       multierr.Combine(errors.New("a"), errors.New("b")),
		"joined":         errors.Join(errors.New("a"), errors.New("b")),
		"a task error":   &service.TaskError{ID: "other", Err: errBoom},
		"not comparable": sliceError{"a"},

		"not comparable as a value": fieldError{map[string]string{"a": "b"}},
	}
	for name, cause := range causes {
		for _, way := range []string{"Stop", "ctx"} {
			t.Run(name+" by "+way, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newScene(t, node(
						task.New("fails", task.Regular, lingers(time.Second, errBoom)),
						task.New("says why", task.Regular, func(ctx context.Context) error {
							<-ctx.Done()
							return context.Cause(ctx)
						}),
					))
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					if way == "ctx" {
						time.AfterFunc(time.Second, func() { cancel(cause) })
					} else {
						s.stopAt(time.Second, cause)
					}
					err := s.Run(ctx)
					s.check(t)
					all := multierr.Errors(err)
					require.NotEmpty(t, all)
					assert.ErrorIs(t, err, errBoom)
					assert.Equal(t, cause.Error(), all[0].Error())
					assert.Len(t, all, 2, "who returns the cause is quiet")
					if reflect.ValueOf(cause).Comparable() {
						assert.Equal(t, cause, s.Status().Cause)
						assert.ErrorIs(t, err, cause)
						return
					}
					for _, err := range []error{err, s.Status().Cause} {
						found := reflect.New(reflect.TypeOf(cause))
						require.True(t, errors.As(err, found.Interface()))
						assert.Equal(t, cause, found.Elem().Interface())
					}
				})
			})
		}
	}
}
