package systemd

import (
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// Notify returns the layer "systemd-notify", which tells the service manager how the node
// is. The package comment says what, and with which unit. In a process that was not
// started by a service manager that wants to know, it does nothing.
func Notify() wiring.Layer { return notify{} }

type notify struct{}

func (notify) Name() string { return "systemd-notify" }

func (notify) Wire(r *wiring.Registry) error {
	r.Provide(newNotifier)
	r.Provide(newObserver, wiring.Group("observers"))
	r.ProvideTask(newWatchdog)
	return nil
}

// settings are what the service manager has given the process.
type settings struct {
	socket   string        // empty if it does not want to be told
	watchdog time.Duration // 0 if it does not watch
	err      error         // of the watchdog
}

// given is taken from the environment once: each node of the process has it, and no
// child process takes it for its own.
var given = sync.OnceValue(takeSettings)

func takeSettings() settings {
	s := settings{socket: os.Getenv("NOTIFY_SOCKET")}
	_ = os.Unsetenv("NOTIFY_SOCKET")
	s.watchdog, s.err = daemon.SdWatchdogEnabled(true)
	return s
}

// newNotifier returns a notifier that is at work until its hook, one of the last of the
// node, since observers are built first.
func newNotifier(node service.Handle, logger *slog.Logger, hooks *wiring.ShutdownHooks) *notifier {
	n := &notifier{
		node:    node,
		logger:  logger,
		phases:  make(chan string, 3),
		pending: make(chan struct{}, 1),
		pings:   make(chan struct{}, 1),
		closing: make(chan struct{}),
		done:    make(chan struct{}),
	}
	if n.open(given()) {
		go n.run()
		hooks.Add("systemd-notify", n.close)
	}
	return n
}

func newObserver(n *notifier) service.Observer { return n.observe }

// newWatchdog returns a task if the service manager watches. It is a daemon, so that the
// node counts as alive while it drains.
func newWatchdog(n *notifier) []task.Task {
	if n.watchdog <= 0 {
		return nil
	}
	return []task.Task{task.WithKind(task.Periodic("systemd-watchdog", n.watchdog/2, n.ping), task.Daemon)}
}
