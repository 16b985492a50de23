package recipes

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// PeersOptions configure the layer "peers".
type PeersOptions struct {
	File  string        // the names of the peers. Required.
	Every time.Duration // how often the file is read again. Optional; defaults to 1m.
}

// Peers is the layer of what other nodes there are.
func Peers(o PeersOptions) wiring.Layer {
	return wiring.NewLayer("peers", func(r *wiring.Registry) error {
		if o.File == "" { // bad configuration is an error of Wire, which does no I/O
			return errors.New("option File is empty (name the file of the peers)")
		}
		if o.Every == 0 {
			o.Every = time.Minute
		}
		r.Provide(o.open)    // a resource: whoever asks for *PeerList gets it
		r.ProvideTask(o.run) // a task: the service runs it
		return nil
	})
}

// open is called once, and only if somebody needs the list. What goes wrong here
// stops the node before any task runs.
func (o PeersOptions) open(ctx context.Context, hooks *wiring.ShutdownHooks) (*PeerList, error) {
	file, err := os.Open(o.File)
	if err != nil {
		return nil, err
	}
	hooks.Add("close-peers", func(context.Context) error { return file.Close() }) // after every task has ended
	list := &PeerList{file: file, names: resource.NewWatch[[]string](nil)}
	err = list.read(ctx)
	return list, err
}

func (o PeersOptions) run(list *PeerList) task.Task {
	return task.Periodic("peer-reader", o.Every, list.read)
}

// PeerList is safe for concurrent use.
type PeerList struct {
	file  *os.File // read by one goroutine at a time
	names *resource.Watch[[]string]
}

// Names returns the peers, and a channel that is closed when they have changed.
func (l *PeerList) Names() ([]string, <-chan struct{}) { return l.names.Get() }

func (l *PeerList) read(context.Context) error {
	text, err := io.ReadAll(io.NewSectionReader(l.file, 0, 1<<20))
	if err != nil {
		return err
	}
	l.names.Set(strings.Fields(string(text)))
	return nil
}
