// Package resource defines how resources are named, and two shapes of resource
// that plain values do not cover.
//
// # What it is
//
// A resource is any Go value that a wiring layer registers for others to ask
// for. It is known by its [ID]: its type, and a name or a group where one type
// has several values.
//
// # Usage
//
// Most resources are plain pointers and interfaces and need nothing from this
// package. [Unique] holds a value that only one consumer may have, such as the
// receiving end of a queue. [Watch] holds the latest value of something that
// changes, such as a price or a configuration, for any number of readers.
//
// # Concurrency
//
// All methods of [Unique] and [Watch] are safe for concurrent use, and none
// blocks.
//
// # Errors
//
// [ErrTaken] is the only one.
package resource
