// Package cli gives the binary of a node its command line: run, check, graph and tasks.
//
// # What it is
//
// An [App] is made of the deployments of the binary. Each is a function from a struct of
// options to a [service.Builder], and the struct becomes the flags of that deployment:
//
//	ledger run                            the first deployment, with its defaults
//	ledger run cluster --leader=etcd      another one
//	ledger check                          verify all deployments; connects to nothing
//	ledger check cluster --leader=etcd    verify one
//	ledger graph cluster --format=mermaid layers, constructors and resources; or dot, json
//	ledger graph diff standalone cluster  what one has and the other has not
//	ledger graph --explain='*sql.DB'      what a resource, a constructor or a layer needs
//	ledger tasks cluster                  the constructors of its tasks
//	ledger --version                      from the build information of the binary
//
// The list of tasks shows layers, constructors and their places in the source. IDs and
// kinds are known only once the constructors have been called, which only run does.
//
// # Usage
//
//	type Options struct {
//		HTTP httpserver.Options `embed:"" prefix:"http-" group:"HTTP"`
//		SQL  sqlite.Options     `embed:"" prefix:"sqlite-" group:"SQLite"`
//	}
//
//	func standalone(o Options) *service.Builder {
//		return service.NewBuilder().AddLayer(sqlite.New(o.SQL), httpserver.New("api", o.HTTP))
//	}
//
//	func main() {
//		cli.New("ledger", "Accounts and transfers.",
//			cli.Deployment("standalone", "SQLite, all tasks.", standalone),
//			cli.Deployment("cluster", "PostgreSQL, several nodes.", cluster),
//		).Main()
//	}
//
// Fields of the options have the struct tags of github.com/alecthomas/kong: help,
// default, required, enum, placeholder and others. An exported field that is no flag has
// the tag kong:"-".
//
// The help shows the defaults that are in the tags. One that only the layer knows, such as
// the address of a server, can be said by the group: group:"HTTP, by default at
// 127.0.0.1:8080".
//
// The flags --config, --version, --help, those of run ([service.StopTimeout] and its
// like) and those of graph (--format, --explain) are taken. The flags of run are the defaults of a
// service: an option that the builder of a deployment was made with counts more.
//
// # Where values come from
//
// A flag counts more than its environment variable, that more than the file, and the
// file more than the default.
//
// The environment variable of --http-listen is LEDGER_HTTP_LISTEN for a program with the
// name ledger. The help of each command shows the names. A variable that is set to
// nothing is set.
//
// The file is TOML, named by --config or LEDGER_CONFIG. Its keys are the flags of run
// and of the deployments. Tables stand for prefixes, so that these two are the same:
//
//	http-listen = ":8080"
//
//	[http]
//	listen = ":8080"
//
// A key at the top is for every deployment that has such a flag. One in the table of a
// deployment is for that one alone, and counts more:
//
//	stop-timeout = "10s"
//
//	[deployment.cluster]
//	leader = "etcd"
//	postgres.url = "postgres://ledger@db/ledger"
//
// A file is verified as a whole, whatever the command: keys that no flag has, values of
// the wrong type, values that the flag does not take, deployments that do not exist. All
// mistakes are reported at once, each with its line. Durations are strings, as on the
// command line; lists are lists, and maps are tables.
//
// # Examples for what is not known
//
// check, graph and tasks look at the wiring alone, so they need no address of a
// database. A flag with the tag example:"postgres://localhost/ledger", and neither a
// default nor a value, has that value there. check says which flags these were. run
// never does this. Required flags are required by run alone.
//
// # Errors
//
// The exit code of run is that of [service.Main]: 0 after a clean stop, 1 after an
// error, 130 or 143 when ended by a second signal. Of check, graph and tasks it is 1 if a
// deployment has a mistake in its wiring. It is 2 if the command line, the environment or
// the file cannot be understood. Errors go to standard error.
//
// Layers name the fields of their options, and [wiring.Choose] its setting. Where such a
// field, or a setting, is a flag, a line says which:
//
//	ledger: wiring: layer "http-api": Listen "foo" is not a host and a port
//	Listen of layer "http-api" is --http-listen, $LEDGER_HTTP_LISTEN, or http.listen in the file
//
// To know that a field belongs to the layer, and not to another one with such a field, the
// deployment is composed again with another value of it, and verified: the layer has to
// complain about that field in another way. Where it does not, there is no line. The line of
// a constructor comes when it fails, before the error that ends the run.
//
// # Testing
//
// [App.Run] runs a command within a test. [App.Builders] is for servicetest.Deployments,
// which verifies all deployments and compares what they consist of with files.
package cli
