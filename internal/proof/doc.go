// Package proof holds the proofs of what the framework promises: tests that no
// single package owns, and that look at a service from outside, as its users do. It
// ships nothing.
//
// # What is proven
//
// The promises are those of docs/behaviour.md, and of the tables in the packages
// service and task.
//
//   - The fault matrix (TestFaultMatrix): every kind of task misbehaves in every way,
//     at every point of a run, alone and with another, under every way to stop. A
//     small model of the contract, which shares no code with the engine, predicts the
//     result: the error and its order, the state and the times of each task, the cause,
//     and the virtual time at which Run returns. Where two things happen at one instant
//     and the contract leaves the order open, it predicts all that may come of it, by
//     trying every order. TestModelSchedules asks the same model about random tasks.
//   - Random schedules (TestSchedules): nodes of random layers, constructors, hooks,
//     tasks, options and stops. What must hold after every run is checked: nothing is
//     entered before the gate or after the stop, nothing is dropped from the error,
//     every hook runs once and in its turn, no time is exceeded. A failure shrinks to a
//     small schedule that reads as a table.
//   - Interleavings (TestInterleaving...): the decisive instants, a thousand times each,
//     on real goroutines with random yields, for the race detector.
//   - Cases of the neighbours (TestPeer...): what the test suites of comparable projects
//     assert, in the terms of this one.
//
// # How to run
//
//	go test ./internal/proof
//	go test -race ./internal/proof
//	go test ./internal/proof -run TestSchedules -schedules=1000000 -timeout 0
//	go test ./internal/proof -run 'TestFaultMatrix/error/daemon/at_the_gate'
//
// By default there are 20 000 schedules and the whole matrix; under the race detector or
// with -short there are a fifth of the schedules, a third of the interleavings, and one
// kind of second fault in the matrix instead of six. The environment variable
// PROOF_SCHEDULES sets the number of schedules where a flag cannot.
//
// A schedule that fails is printed with the -rapid.seed that leads to it. What the
// scheduler of Go does within an instant is not part of the seed: run such a case a few
// times with -count.
//
// Time is virtual (testing/synctest) in all but the interleavings, which measure none.
package proof
