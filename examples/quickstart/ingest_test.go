package main

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

func TestLinesOfAnyInput(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	tests := []struct {
		name string
		text string
		want []string
	}{
		{name: "nothing"},
		{name: "lines", text: "one\ntwo\n", want: []string{"one", "two"}},
		{name: "a last line without a line break", text: "one\ntwo", want: []string{"one", "two"}},
		{name: "line breaks of Windows", text: "one\r\ntwo\r\n", want: []string{"one", "two"}},
		{name: "empty lines", text: "\n\none\n", want: []string{"", "", "one"}},
		{name: "bytes that are no text", text: "\x00\xff\xfe!\n", want: []string{"\x00\uFFFD!"}},
		{name: "a line that just fits", text: long[1:] + "\nnext", want: []string{long[1:], "next"}},
		{name: "a line that just does not fit", text: long + "\nnext", want: []string{long + "…", "next"}},
		{name: "a line that is too long", text: long + long + "yz\nnext", want: []string{long + "…", "next"}},
		{name: "a line that is too long and the last", text: long + "yz", want: []string{long + "…"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, linesOf([]byte(tt.text)))
		})
	}
}

// brokenStore is a Store that takes nothing.
type brokenStore struct{ *memoryStore }

var errBroken = errors.New("disk full")

func (brokenStore) Add(string) (int, error) { return 0, errBroken }

func TestIngestFailsTheNode(t *testing.T) {
	errUnplugged := errors.New("unplugged")
	tests := []struct {
		name  string
		store Store
		stdin io.Reader
		want  error
	}{
		{name: "if the store does", store: brokenStore{newMemoryStore()}, stdin: strings.NewReader("one\ntwo\n"), want: errBroken},
		{name: "if the input does", store: newMemoryStore(), stdin: iotest.ErrReader(errUnplugged), want: errUnplugged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).AddLayer(
				wiring.NewLayer("fake-storage", func(r *wiring.Registry) error {
					r.Supply(tt.store, wiring.As[Store]())
					return nil
				}),
				ingestLayer{stdin: tt.stdin, stdout: io.Discard},
			).Build()
			require.NoError(t, err)

			err = s.Run(t.Context())

			assert.ErrorIs(t, err, tt.want)
			failure, ok := errors.AsType[*service.TaskError](err)
			require.True(t, ok)
			assert.Equal(t, "ingest", failure.Layer)
		})
	}
}
