package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
)

// stopped is a Clock that stands still, and counts who looks.
type stopped struct{ looks int }

func (c *stopped) Now() time.Time { c.looks++; return time.Time{} }

func TestTheGreeterLooksAtTheClockEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c stopped
		node := servicetest.Start(t, service.NewBuilder().AddLayer(clock, greeter), servicetest.Override[Clock](&c))
		time.Sleep(2500 * time.Millisecond)
		require.NoError(t, node.Stop())
		require.Equal(t, 3, c.looks)
	})
}
