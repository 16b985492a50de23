// Package bench measures the framework, its peers and the physical limit side by
// side, in one tree of processes. It is a module of its own, so that the framework
// does not depend on the others.
//
// The benchmarks measure in one process, and report ratios to the limit:
//
//	go test -run '^$' -bench 'Run/n=1000$'
//
// The program in runner starts a process for each sample, in random order, so that
// cold starts are measured and a busy machine harms all alike; it prints medians and
// ratios as a table and draws charts:
//
//	go run ./runner
package bench
