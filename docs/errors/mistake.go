package main

import "github.com/wireframework/wireframework/service"

// mistake is one of those that the page is about. The file that defines it begins with
// what the page shows; the functions for the other frameworks come last.
type mistake struct {
	name  string // of its file
	title string
	about string // one sentence

	node func() (*service.Service, error) // with the mistake; nil if test is set
	test string                           // the name of a test with the mistake, in NAME_test.go
	stop bool                             // the node is stopped by a signal once it runs
	log  bool                             // what there is to see is in the log

	fx, dig peer
	want    want
}

// peer is the same mistake in another framework.
type peer struct {
	run  func() error // nil if there is no counterpart
	note string       // what to know about it, or what happens instead
}

// want is what the first two lines of our error have to contain.
type want struct {
	culprit string
	place   string
	next    string // what to do, or the cause to remove
}

// mistakes is all of them, in the order of the page.
var mistakes = []mistake{
	missing, wrongName, pointer, unbound, duplicate, cycle,
	failing, panicking, twoFailures,
	override, untagged, misspelt, deployment, taskID,
	hung, precondition, taskPanic, port, hookTimeout, stopWiring,
}
