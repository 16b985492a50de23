package systemd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/coreos/go-systemd/v22/activation"
)

// ErrNotActivated is the error of a listener function in a process that was given no
// sockets.
var ErrNotActivated = errors.New("the process was not given any sockets (start it through a systemd socket unit, or listen on an address)")

// files is the sockets that the process was given. They stay open as long as it runs.
var files = sync.OnceValue(func() []*os.File { return activation.Files(true) })

// Listener returns a function that opens the socket of the given name, for
// httpserver.Options. The function looks for the socket when it is called, not before; it
// does not block, and may be called again once its listener is closed.
func Listener(name string) func(context.Context) (net.Listener, error) {
	return func(context.Context) (net.Listener, error) {
		listener, err := open(name, files())
		if err != nil {
			return nil, fmt.Errorf("systemd socket %q: %w", name, err)
		}
		return listener, nil
	}
}

func open(name string, files []*os.File) (net.Listener, error) {
	if len(files) == 0 {
		return nil, ErrNotActivated
	}
	var found []*os.File
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strconv.Quote(f.Name())
		if f.Name() == name {
			found = append(found, f)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("the process was not given a socket of this name (there are %s)", strings.Join(names, ", "))
	case 1:
		listener, err := net.FileListener(found[0])
		if err != nil {
			return nil, fmt.Errorf("it is no listening stream socket: %w", err)
		}
		return listener, nil
	default:
		return nil, fmt.Errorf("the process was given %d sockets of this name (set FileDescriptorName for each)", len(found))
	}
}
