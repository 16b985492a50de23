package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/wiring"
)

func newTestFileStore(t *testing.T, dir string) *fileStore {
	t.Helper()
	s := fileLayer{dir: dir}.newFileStore(new(wiring.ShutdownHooks))
	t.Cleanup(func() { assert.NoError(t, s.close()) })
	return s
}

func TestStoresLookUpAlike(t *testing.T) {
	file := newTestFileStore(t, t.TempDir())
	require.NoError(t, file.open(t.Context()))
	for name, store := range map[string]Store{"memory": newMemoryStore(), "file": file} {
		t.Run(name, func(t *testing.T) {
			for i, line := range []string{"The fox, the Fuchs", "", "fox; über-fox 7"} {
				number, err := store.Add(line)
				require.NoError(t, err)
				assert.Equal(t, i+1, number)
			}

			text, ok := store.Line(3)
			assert.True(t, ok)
			assert.Equal(t, "fox; über-fox 7", text)
			for _, number := range []int{-1, 0, 4} {
				_, ok = store.Line(number)
				assert.False(t, ok, "line %d", number)
			}

			word, ok := store.Word("FOX")
			assert.True(t, ok)
			assert.Equal(t, Word{Word: "fox", Count: 3, Lines: []int{1, 3}}, word)
			_, ok = store.Word("fo")
			assert.False(t, ok)

			assert.Equal(t, []WordCount{{"fox", 3}, {"fuchs", 1}}, store.Words("F", 10))
			assert.Equal(t, []WordCount{{"fox", 3}, {"the", 2}}, store.Words("", 2))
			assert.Equal(t, []WordCount{}, store.Words("nothing", 2))
			assert.Equal(t, Counts{Lines: 3, Words: 8, Different: 5}, store.Counts())
		})
	}
}

func TestFileStoreEndsALineThatACrashHasCutOff(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "lines.txt")
	require.NoError(t, os.WriteFile(path, []byte("one\ntw"), 0o600))
	s := newTestFileStore(t, dir)
	require.NoError(t, s.open(t.Context()))

	number, err := s.Add("three")

	require.NoError(t, err)
	assert.Equal(t, 3, number)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "one\ntw\nthree\n", string(text))
}

func TestFileStoreTakesNothingUnlessItIsOpen(t *testing.T) {
	s := newTestFileStore(t, t.TempDir())

	_, before := s.Add("line")
	require.NoError(t, s.open(t.Context()))
	_, meanwhile := s.Add("line")
	require.NoError(t, s.close())
	_, after := s.Add("line")

	assert.ErrorIs(t, before, errNotOpen)
	assert.NoError(t, meanwhile)
	assert.ErrorIs(t, after, errNotOpen)
}

func TestPreparingTheStoreEndsWithTheStop(t *testing.T) {
	s := newTestFileStore(t, t.TempDir())
	stopped, stop := context.WithCancel(t.Context())
	stop()

	assert.ErrorIs(t, s.open(stopped), context.Canceled)
	assert.False(t, s.isOpen())
}
