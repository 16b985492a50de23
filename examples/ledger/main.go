// Ledger is a node that keeps accounts and transfers, and makes each transfer final in a
// chain of blocks. README.md has a tour.
package main

import "github.com/wireframework/wireframework/layers/cli"

func main() { app().Main() }

// app is the command line: each deployment with its options as flags.
func app() *cli.App {
	return cli.New("ledger", "Accounts and transfers, each final once it is in a block.",
		cli.Deployment("standalone", "One node that needs nothing else: SQLite in a directory, all tasks.", standalone),
		cli.Deployment("cluster", "A node of many on one PostgreSQL: API, sealer under election, auditor.", cluster),
		cli.Deployment("api", "The API alone on the PostgreSQL of a cluster, to scale out.", apiOnly),
	)
}
