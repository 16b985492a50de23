package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
)

func TestProgressIsReportedWhenThereIsSome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, stdout := newMemoryStore(), newConsole()
		add := func(line string) {
			_, err := store.Add(line)
			require.NoError(t, err)
		}
		layer := progressLayer{every: 2 * time.Second, stdout: stdout}
		n := servicetest.Start(t, service.NewBuilder().AddLayer(layer), servicetest.Supply[Store](store))

		time.Sleep(time.Second) // of virtual time, here and below
		assert.Empty(t, stdout.text())

		add("one line")
		time.Sleep(time.Second + time.Millisecond)
		assert.Equal(t, "progress: lines 1, words 2, different words 2\n", stdout.text())

		time.Sleep(time.Hour)
		add("another line")
		time.Sleep(2 * time.Second)
		assert.Equal(t, "progress: lines 1, words 2, different words 2\n"+
			"progress: lines 2, words 4, different words 3\n", stdout.text())

		assert.NoError(t, n.Stop())
	})
}
