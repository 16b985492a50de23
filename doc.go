// Package wireframework composes a long-running program, such as a node, from
// wiring layers, and runs what they provide as one service.
//
// A layer registers resources, which are values that other layers can ask for,
// and tasks, which are units of work. The service resolves the graph of all
// layers, reports every problem of it at once, starts each task according to its
// kind, holds the gated kinds back until every precondition has succeeded, and
// stops them all with one broadcast.
//
// The root package has no code. Start here:
//
//   - service: the builder and the service, which is what main sees
//   - wiring: layers, their registry and the verified graph, which is what the
//     author of a layer sees
//   - task: what runs, its kinds, and helpers to write tasks
//   - resource: names of resources, and resources with one owner or many readers
//
// The packages servicetest, layertest and tasktest help to test programs, layers
// and tasks. The directory layers holds ready-made layers, examples whole programs.
package wireframework
