// Package wiring composes a graph of resources and tasks from layers, verifies it
// as a whole, and builds it on go.uber.org/dig.
package wiring
