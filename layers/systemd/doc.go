// Package systemd connects a node with systemd: it tells the service manager how the node
// is, and gives the node the sockets that systemd has opened for it.
//
// # What it is
//
// The layer of [Notify] speaks the protocol of sd_notify(3). A unit of Type=notify has
// started when the gate has opened, and not already when the process has; units that are
// ordered after it wait until then. The layer tells
//
//   - READY=1 when the node is ready: the gate is open, and every gated task has been
//     started;
//   - STOPPING=1 from the first moment of a stop, so before a service.DrainDelay;
//   - STATUS= in each phase, for "systemctl status": the preconditions that the gate waits
//     for, and the cause of a stop;
//   - WATCHDOG=1 at half the interval of WatchdogSec, if the unit has one, by the daemon
//     "systemd-watchdog": from when the tasks start until the node has drained.
//
// With socket activation the service manager listens, and starts the program with the
// open sockets when there is a connection, or at boot. The program needs no right to
// open the port, and connections wait while it restarts. [Listener] takes a socket by
// its name. The protocol is that of sd_listen_fds(3); other managers and tools speak it
// too, such as systemd-socket-activate.
//
// Both use github.com/coreos/go-systemd.
//
// # Usage
//
//	service.NewBuilder().AddLayer(
//		systemd.Notify(),
//		httpserver.New("api", httpserver.Options{Listener: systemd.Listener("api")}),
//	)
//
// with a unit node.service:
//
//	[Service]
//	Type=notify
//	ExecStart=/usr/bin/node run
//	# Preconditions take as long as they take; or a little more than the PreconditionTimeout.
//	TimeoutStartSec=infinity
//	# More than the ShutdownTimeout of the service, which is 30 s by default.
//	TimeoutStopSec=40
//	WatchdogSec=30
//	Restart=on-failure
//
// and, for the listener, a unit node.socket beside it:
//
//	[Socket]
//	ListenStream=80
//	FileDescriptorName=api
//	Service=node.service
//
// A socket without FileDescriptorName has the name of its unit, "node.socket".
//
// The timeouts of the unit stand: the layer never asks for more time. A program that hangs
// as a whole misses the watchdog, and is killed with SIGABRT, at which the Go runtime
// prints the stacks of all goroutines. The watchdog is no health check: one task that hangs
// does not keep it from being told.
//
// # Lifecycle
//
// The layer observes the service from its wiring to its last shutdown hook. Without
// NOTIFY_SOCKET it does nothing, so a deployment may always have it.
//
// The first node that is wired with the layer takes what the service manager has told the
// process, and clears the variables NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; the
// first call of any listener function does the same with all sockets that the process was
// given. So child processes do not take them for theirs. Each node of a process that has
// the layer speaks for the whole process: give it to the one that counts.
//
// Listeners are copies: closing one leaves the socket open in this process and in the
// service manager, so that a later listener of the same name, in this process or the next,
// goes on with the connections that wait. After the stop of a node new connections are
// therefore not refused.
//
// # Concurrency
//
// Everything may be called from any goroutine. Messages are sent on a goroutine of the
// layer, which its shutdown hook joins: a service manager that does not read them holds
// up no task, and the end of the node by a tenth of a second at most.
//
// # Errors
//
// The layer never fails a node. A socket that cannot be reached is a warning in the log,
// once, and so is a WATCHDOG_USEC that is no number.
//
// A listener function fails if the process was given no sockets, or none of this name, or
// several, or if the socket is no listening stream socket. In a node that is a wiring
// error.
//
// # Testing
//
// A test sets NOTIFY_SOCKET to the address of a socket that it has opened with
// net.ListenUnixgram, and starts the program, or wires its first node with the layer.
//
// For listeners a test gives the program to a shell, which knows the process ID before the
// program does: LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=api exec program, with the
// socket as file descriptor 3.
package systemd
