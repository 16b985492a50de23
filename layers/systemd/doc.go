// Package systemd gives a node the sockets that systemd has opened for it.
//
// # What it is
//
// With socket activation the service manager listens, and starts the program with the
// open sockets when there is a connection, or at boot. The program needs no right to
// open the port, and connections wait while it restarts. [Listener] takes a socket by
// its name. The protocol is that of sd_listen_fds(3), in the implementation of
// github.com/coreos/go-systemd; other managers and tools speak it too, such as
// systemd-socket-activate.
//
// # Usage
//
//	httpserver.New("api", httpserver.Options{Listener: systemd.Listener("api")})
//
// with a unit node.socket beside node.service:
//
//	[Socket]
//	ListenStream=80
//	FileDescriptorName=api
//	Service=node.service
//
// A socket without FileDescriptorName has the name of its unit, "node.socket".
//
// # Lifecycle
//
// The first call of any listener function takes all sockets that the process was given
// and clears the environment variables that announce them, so that child processes do not
// take them for theirs. Listeners are copies: closing one leaves the socket open in this
// process and in the service manager, so that a later listener of the same name, in this
// process or the next, goes on with the connections that wait. After the stop of a node
// new connections are therefore not refused.
//
// # Concurrency
//
// Everything may be called from any goroutine.
//
// # Errors
//
// A listener function fails if the process was given no sockets, or none of this name, or
// several, or if the socket is no listening stream socket. In a node that is a wiring
// error.
//
// # Testing
//
// A test gives the program to a shell, which knows the process ID before the program does:
// LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=api exec program, with the socket as file
// descriptor 3.
package systemd
