package systemd

import (
	"context"
	"log/slog"
	"net"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// notifier sends messages on a goroutine of its own, so that a service manager that does
// not read them holds up nobody.
type notifier struct {
	node     service.Handle
	logger   *slog.Logger
	conn     *net.UnixConn // nil if nobody is to be told
	watchdog time.Duration // 0 if nobody watches

	phases  chan string   // messages; a node has no more of them than there is room for
	pending chan struct{} // there may be other preconditions to wait for
	pings   chan struct{} // the watchdog is to be told
	closing chan struct{} // closed by the hook
	done    chan struct{} // closed by run

	warned bool // owned by the goroutine of run, once it has begun
}

// open reports whether there is somebody to tell.
func (n *notifier) open(s settings) bool {
	if s.socket == "" {
		return false
	}
	// Not daemon.SdNotify, which waits without bound, and needs the variable each time.
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.socket, Net: "unixgram"})
	if err != nil {
		n.warn(err)
		return false
	}
	if s.err != nil {
		n.logger.Warn("systemd watchdog is not told", "error", s.err.Error())
	}
	n.conn, n.watchdog = conn, s.watchdog
	return true
}

// observe turns events into messages. Each phase counts, in its order: a node that was
// ready says so, even if it has begun to stop in the meantime.
func (n *notifier) observe(e service.Event) {
	switch e := e.(type) {
	case service.PhaseChanged:
		switch e.To {
		case service.PhaseWiring:
			n.phases <- status("wiring")
		case service.PhaseWaiting:
			wake(n.pending)
		case service.PhaseRunning:
			n.phases <- daemon.SdNotifyReady + "\n" + status("running")
		}
	case service.TaskChanged:
		if e.Kind == task.Precondition && e.To == service.StateDone {
			wake(n.pending)
		}
	case service.StopRequested:
		cause, _, _ := strings.Cut(e.Cause.Error(), "\n")
		n.phases <- daemon.SdNotifyStopping + "\n" + status("stopping: "+cause)
	}
}

// ping is the tick of the watchdog.
func (n *notifier) ping(context.Context) error {
	wake(n.pings)
	return nil
}

// wake leaves a signal that run takes when it gets there.
func wake(signal chan<- struct{}) {
	select {
	case signal <- struct{}{}:
	default:
	}
}

func (n *notifier) run() {
	defer close(n.done)
	// Those of the constructor would make this goroutine a part of the wiring.
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("layer", "systemd-notify")))
	for {
		select {
		case message := <-n.phases:
			n.send(message)
		case <-n.pending:
			n.sendPhases() // what came before
			n.sendWaiting()
		case <-n.pings:
			n.send(daemon.SdNotifyWatchdog)
		case <-n.closing:
			n.sendPhases()
			return
		}
	}
}

func (n *notifier) sendPhases() {
	for len(n.phases) > 0 {
		n.send(<-n.phases)
	}
}

// sendWaiting tells what the gate waits for, if it does.
func (n *notifier) sendWaiting() {
	s := n.node.Status()
	if s.Phase == service.PhaseWaiting && len(s.Pending) > 0 {
		n.send(status("waiting for " + some(s.Pending)))
	}
}

// send waits as long as the service manager has no room for the message, until close.
func (n *notifier) send(message string) {
	if _, err := n.conn.Write([]byte(message)); err != nil {
		n.warn(err)
	}
}

// warn is heard once.
func (n *notifier) warn(err error) {
	if !n.warned {
		n.warned = true
		n.logger.Warn("systemd cannot be told how the node is", "error", err.Error())
	}
}

// closeTimeout is how long the messages that are left may take.
const closeTimeout = 100 * time.Millisecond

// close is the hook. It returns nil: messages that are lost do not make a stop unclean.
func (n *notifier) close(ctx context.Context) error {
	limit := closeTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)/2) // so that the hook is never late
	}
	_ = n.conn.SetWriteDeadline(time.Now().Add(limit))
	close(n.closing)
	<-n.done
	_ = n.conn.Close()
	return nil
}
