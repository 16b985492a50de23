package resource_test

import (
	"runtime"
	"sync"
	"testing"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/resource"
)

func TestUniqueGivesItsValueOnce(t *testing.T) {
	u := resource.NewUnique("queue")

	v, err := u.Take()
	require.NoError(t, err)
	assert.Equal(t, "queue", v)

	for range 2 {
		v, err = u.Take()
		assert.ErrorIs(t, err, resource.ErrTaken)
		assert.Empty(t, v)
	}
	assert.EqualError(t, err, "unique resource is already taken")
}

func TestUniqueMayHoldAZeroValue(t *testing.T) {
	u := resource.NewUnique[chan int](nil)

	v, err := u.Take()
	require.NoError(t, err)
	assert.Nil(t, v)

	_, err = u.Take()
	assert.ErrorIs(t, err, resource.ErrTaken)
}

func TestTheZeroUniqueIsTaken(t *testing.T) {
	var u resource.Unique[int]

	v, err := u.Take()

	assert.ErrorIs(t, err, resource.ErrTaken)
	assert.Zero(t, v)
}

func TestOneOfManyGetsTheUniqueValue(t *testing.T) {
	const takers = 100
	u := resource.NewUnique(42)
	values, errs := make([]int, takers), make([]error, takers)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range takers {
		wg.Go(func() {
			<-start
			values[i], errs[i] = u.Take()
		})
	}
	close(start)
	wg.Wait()

	winners := 0
	for i := range takers {
		if errs[i] == nil {
			winners++
			assert.Equal(t, 42, values[i])
		} else {
			assert.ErrorIs(t, errs[i], resource.ErrTaken)
			assert.Zero(t, values[i])
		}
	}
	assert.Equal(t, 1, winners)
}

func TestUniqueDoesNotKeepWhatWasTaken(t *testing.T) {
	u := resource.NewUnique(&[1 << 16]byte{})
	v, err := u.Take()
	require.NoError(t, err)
	kept := weak.Make(v)

	v = nil
	_ = v
	runtime.GC()

	assert.Nil(t, kept.Value())
	runtime.KeepAlive(u)
}
